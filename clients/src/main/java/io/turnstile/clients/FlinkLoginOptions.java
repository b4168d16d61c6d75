package io.turnstile.clients;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * Options for a Flink REST API that asks for a login, or has a certificate of its own authority.
 */
public final class FlinkLoginOptions {

  private static final String PASSWORD = "--flink-password";
  private static final String NO_USER = "a password for Flink needs --flink-user";
  private static final String NO_PASSWORD =
      "--flink-user needs --flink-password-file, or TURNSTILE_FLINK_PASSWORD in the environment";
  private static final String TWO_PASSWORDS =
      "give --flink-password or --flink-password-file, not both";
  private static final String COLON = "--flink-user must not contain a colon";
  private static final String TWO_LOGINS = "give --flink-user or --flink-token-file, not both";
  private static final String HALF_CERTIFICATE =
      "--flink-certificate and --flink-key need each other";
  private static final String NO_TLS =
      "--flink-ca and --flink-certificate need an https URL of --flink";

  @Option(
      names = "--flink-user",
      paramLabel = "NAME",
      description = "User to log in at Flink's REST API, or at the proxy before it (HTTP basic).")
  private String user;

  @Option(
      names = PASSWORD,
      paramLabel = "PASSWORD",
      description = {
        "The user's password. Others on the machine see arguments: rather give it in the",
        "environment (TURNSTILE_FLINK_PASSWORD) or in a file."
      })
  private String password;

  @Option(
      names = "--flink-password-file",
      paramLabel = "FILE",
      description = "File of the user's password.")
  private Path passwordFile;

  @Option(
      names = "--flink-token-file",
      paramLabel = "FILE",
      description = "File of a bearer token to log in with; read again for each request.")
  private Path tokenFile;

  @Option(
      names = "--flink-ca",
      paramLabel = "FILE",
      description =
          "PEM file of the authorities that may have signed Flink's certificate; Java's by default.")
  private Path authorities;

  @Option(
      names = "--flink-certificate",
      paramLabel = "FILE",
      description = "PEM file of a client certificate and its chain.")
  private Path certificate;

  @Option(
      names = "--flink-key",
      paramLabel = "FILE",
      description = "PEM file of the certificate's private key: PKCS#8, not encrypted.")
  private Path key;

  /**
   * A client; nothing is asked yet.
   *
   * @param url of the option {@code --flink}
   * @throws ParameterException if the URL is none, or the options do not go together
   */
  public FlinkRest connect(CommandLine command, String url) {
    URI uri = uri(command, url);
    require(command, user != null || (password == null && passwordFile == null), NO_USER);
    require(command, password == null || passwordFile == null, TWO_PASSWORDS);
    require(command, user == null || password != null || passwordFile != null, NO_PASSWORD);
    require(command, user == null || user.indexOf(':') < 0, COLON);
    require(command, user == null || tokenFile == null, TWO_LOGINS);
    require(command, (certificate == null) == (key == null), HALF_CERTIFICATE);
    boolean ownTls = authorities != null || certificate != null;
    require(command, !ownTls || uri.getScheme().equals("https"), NO_TLS);
    try {
      FlinkAccess access =
          new FlinkAccess(
              user == null ? null : user + ":" + password(),
              tokenFile,
              ownTls ? PemFiles.context(authorities, certificate, key) : null);
      // Says now, not at the first request, that a file cannot be read.
      boolean unused = access.authorization().isPresent();
      return new FlinkRest(uri, access);
    } catch (IOException e) {
      throw new ParameterException(
          command, "the login for Flink cannot be read: " + e.getMessage(), e);
    }
  }

  /** Arguments to be shown or stored: the same, without the password. */
  public static List<String> withoutPassword(List<String> arguments) {
    List<String> shown = new ArrayList<>();
    for (String argument : arguments) {
      boolean value = !shown.isEmpty() && shown.get(shown.size() - 1).equals(PASSWORD);
      shown.add(value ? "…" : argument.startsWith(PASSWORD + "=") ? PASSWORD + "=…" : argument);
    }
    return shown;
  }

  private static void require(CommandLine command, boolean condition, String problem) {
    if (!condition) {
      throw new ParameterException(command, problem);
    }
  }

  private static URI uri(CommandLine command, String url) {
    // It would be in every message, in the list of processes and in the shell's history.
    require(
        command,
        url.indexOf('@') < 0,
        "--flink must not contain a user or password: give --flink-user and --flink-password-file");
    try {
      URI uri = new URI(url);
      if (uri.getHost() != null && String.valueOf(uri.getScheme()).matches("https?")) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // The message below says it.
    }
    throw new ParameterException(
        command, "--flink must be a URL like http://HOST:8081, not " + url);
  }

  private String password() throws IOException {
    return passwordFile == null ? password : SecretFile.read(passwordFile);
  }
}
