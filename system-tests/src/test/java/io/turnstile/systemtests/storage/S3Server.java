package io.turnstile.systemtests.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.testbed.JavaApplication;
import io.turnstile.testbed.Ports;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.awaitility.Awaitility;

/**
 * An S3 server with one bucket, in a process beside a testbed, which ends it. It has all in memory
 * and refuses requests that are not signed with its keys.
 */
final class S3Server {

  static final String BUCKET = "turnstile";

  /** What the chart sets where the keys come from a secret. */
  static final Map<String, String> CREDENTIALS =
      Map.of("AWS_ACCESS_KEY_ID", "the-access-key", "AWS_SECRET_ACCESS_KEY", "the-secret-key");

  private static final Path COLLECTED =
      Path.of(System.getProperty("turnstile.home"), "system-tests", "target", "object-storage");

  /** Flink's client of S3, the one that the image has. */
  static final Path PLUGIN = COLLECTED.resolve("s3-fs-presto");

  private static final String HOST = "127.0.0.1";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US);

  private final int port;
  private final HttpClient http = HttpClient.newHttpClient();

  private S3Server(int port) {
    this.port = port;
  }

  /** Starts it and makes the bucket. */
  static S3Server start(Testbed testbed) throws IOException, InterruptedException {
    int port = new Ports().free();
    Path options = testbed.files().resolve("s3proxy.properties");
    Files.write(
        options,
        List.of(
            "s3proxy.endpoint=http://" + HOST + ":" + port,
            "s3proxy.authorization=aws-v2-or-v4",
            "s3proxy.identity=" + CREDENTIALS.get("AWS_ACCESS_KEY_ID"),
            "s3proxy.credential=" + CREDENTIALS.get("AWS_SECRET_ACCESS_KEY"),
            "jclouds.provider=transient"));
    TestbedProcess process =
        testbed.startApplication(
            new JavaApplication(
                COLLECTED.resolve("s3proxy.jar").toString(),
                List.of("-Xmx512m", "-XX:+UseSerialGC"),
                "org.gaul.s3proxy.Main",
                List.of("--properties", options.toString())));
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () -> {
              assertThat(testbed.isAlive(process)).as("the S3 server runs").isTrue();
              return Ports.isOpen(HOST, port);
            });
    S3Server server = new S3Server(port);
    server.send("PUT", "/" + BUCKET, BodyPublishers.noBody());
    return server;
  }

  int port() {
    return port;
  }

  /** The content of an object, by its {@code s3://} address. */
  byte[] get(String address) throws IOException, InterruptedException {
    return send("GET", resource(address), BodyPublishers.noBody());
  }

  void put(String address, byte[] content) throws IOException, InterruptedException {
    send("PUT", resource(address), BodyPublishers.ofByteArray(content));
  }

  private static String resource(String address) {
    URI uri = URI.create(address);
    assertThat(uri.getScheme()).isEqualTo("s3");
    return "/" + uri.getAuthority() + uri.getPath();
  }

  private byte[] send(String method, String resource, BodyPublisher body)
      throws IOException, InterruptedException {
    String date = DATE.format(ZonedDateTime.now(ZoneOffset.UTC));
    HttpResponse<byte[]> answer =
        http.send(
            HttpRequest.newBuilder(URI.create("http://" + HOST + ":" + port + resource))
                .method(method, body)
                .header("x-amz-date", date)
                .header(
                    "Authorization",
                    "AWS "
                        + CREDENTIALS.get("AWS_ACCESS_KEY_ID")
                        + ":"
                        + sign(method + "\n\n\n\nx-amz-date:" + date + "\n" + resource))
                .build(),
            BodyHandlers.ofByteArray());
    assertThat(answer.statusCode())
        .as(method + " " + resource + ": " + new String(answer.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
    return answer.body();
  }

  /** Signature version 2, which needs a tenth of the code of version 4. */
  private static String sign(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA1");
      mac.init(
          new SecretKeySpec(
              CREDENTIALS.get("AWS_SECRET_ACCESS_KEY").getBytes(StandardCharsets.UTF_8),
              mac.getAlgorithm()));
      return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
