package io.turnstile.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyServerTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void servesTheFileAsItIsNow(@TempDir Path directory) throws Exception {
    Path jwks = Files.writeString(directory.resolve("jwks.json"), "before");
    try (KeyServer server = new KeyServer(jwks)) {
      assertThat(get(server, PATIENCE)).isEqualTo("before");
      Files.writeString(jwks, "after");
      assertThat(get(server, PATIENCE)).isEqualTo("after");
    }
  }

  @Test
  void answersNothingWhilePausedAndThenAgain(@TempDir Path directory) throws Exception {
    Path jwks = Files.writeString(directory.resolve("jwks.json"), "keys");
    try (KeyServer server = new KeyServer(jwks)) {
      server.pause();
      assertThatThrownBy(() -> get(server, Duration.ofMillis(50)))
          .isInstanceOf(HttpTimeoutException.class);
      server.resume();
      assertThat(get(server, PATIENCE)).isEqualTo("keys");
    }
  }

  @Test
  void closesAlsoWhilePaused(@TempDir Path directory) {
    KeyServer server = new KeyServer(directory.resolve("jwks.json"));
    server.pause();
    server.close();
    assertThatThrownBy(() -> get(server, PATIENCE)).isInstanceOf(ConnectException.class);
  }

  private String get(KeyServer server, Duration timeout) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(server.uri()).timeout(timeout).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }
}
