package io.turnstile.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code benchmarks/http-load} in a made-up project whose tools say what they were asked. */
class HttpLoadTest {

  private static final Path BENCHMARKS =
      Path.of(System.getProperty("turnstile.home"), "benchmarks").toAbsolutePath();

  private static final List<String> DEPLOYMENT =
      List.of(
          "--gateway",
          "http://localhost:8080",
          "--bootstrap-servers",
          "broker:9092",
          "--signing-key",
          "key.json");

  @TempDir private Path directory;

  private Path home;
  private Path said;

  @BeforeEach
  void makeProject() throws IOException {
    home = directory.resolve("home with space");
    said = directory.resolve("said");
    Files.createDirectories(home.resolve("benchmarks/scenarios"));
    Files.copy(BENCHMARKS.resolve("http-load"), home.resolve("benchmarks/http-load"));
    Files.writeString(
        home.resolve("benchmarks/scenarios/shop.yaml"),
        "load:\n  rate: 50\n  warm_up: 90s\n  # Long.\n  duration: 2min\n");
    script("turnstile", "printf '%s|' \"$@\" >>\"$SAID\"; echo >>\"$SAID\"");
    Files.createDirectories(home.resolve("benchmarks/jmeter"));
    Files.writeString(
        home.resolve("benchmarks/jmeter/jmeter.sh"),
        "jmeter() { printf '%s|' jmeter \"$@\" >>\"$SAID\"; echo >>\"$SAID\"; }\n");
    Files.createDirectories(home.resolve("benchmarks/locust"));
    Files.writeString(home.resolve("benchmarks/locust/requirements.txt"), "locust\n");
    script(
        "benchmarks/target/locust/bin/locust",
        "printf '%s|' locust \"$TURNSTILE_RATE\" \"$LOCUST_USERS\" \"$@\" >>\"$SAID\"; echo >>\"$SAID\"");
  }

  private void script(String name, String body) throws IOException {
    Path file = home.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/usr/bin/env bash\n" + body + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private int run(String... args) throws Exception {
    List<String> command = new ArrayList<>();
    command.add("bash");
    command.add(home.resolve("benchmarks/http-load").toString());
    command.addAll(List.of(args));
    command.addAll(DEPLOYMENT);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("out").toFile());
    builder.environment().put("SAID", said.toString());
    Process process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  @Test
  void jmeterGetsAsManyRequestsAsTheScenarioIsLong() throws Exception {
    assertThat(run("jmeter", "shop", "--duplicates", "0.02", "--topic-prefix", "a.")).isZero();
    List<String> lines = Files.readAllLines(said);
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0))
        .startsWith("simulate|generate|--requests|")
        .contains("|--count|10500|", "|--duplicates|0.02|", "|--topic-prefix|a.|")
        .contains("|--signing-key|key.json|");
    assertThat(lines.get(1))
        .startsWith("jmeter|http.jmx|")
        .contains("|-Jturnstile.threads=100|", "|-Jturnstile.per_minute=3000|")
        .contains("|-Jturnstile.host=localhost|-Jturnstile.port=8080|");
    assertThat(lines.get(2))
        .startsWith("bench|import|")
        .contains("|--sender|jmeter-http|", "|--topic-prefix|a.|--bootstrap-servers|broker:9092|")
        .doesNotContain("key.json");
  }

  @Test
  void locustGetsTheRateOfAllUsers() throws Exception {
    assertThat(run("locust", "shop", "--users", "7", "--rate", "20", "--too-large", "0.1"))
        .isZero();
    List<String> lines = Files.readAllLines(said);
    assertThat(lines.get(0))
        .contains("|--count|4200|", "|--too-large|0.1|", "|--unknown-product|0|")
        .doesNotContain("|--too-large|0|");
    assertThat(lines.get(1))
        .startsWith("locust|20|7|-f|")
        .contains("|--host|http://localhost:8080|");
    assertThat(lines.get(2)).contains("|--sender|locust-http|");
  }

  @Test
  void whatCannotBeSentIsSaidInOneLine() throws Exception {
    assertThat(run("gatling", "shop")).isEqualTo(2);
    assertThat(run("locust", "shop", "--rate", "many")).isEqualTo(2);
    assertThat(run("locust", "none")).isEqualTo(2);
    assertThat(directory.resolve("out")).content().startsWith("http-load: ").hasLineCount(1);
    assertThat(said).doesNotExist();
  }
}
