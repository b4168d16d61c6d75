package io.turnstile.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the launcher in a made-up project with made-up tools. */
class LauncherTest {

  private static final Path LAUNCHER =
      Path.of(System.getProperty("turnstile.home"), "turnstile").toAbsolutePath();

  private static final List<String> NEEDED =
      List.of(
          "bash",
          "env",
          "dirname",
          "readlink",
          "sed",
          "head",
          "sort",
          "find",
          "mkdir",
          "touch",
          "tee",
          "mv",
          "rm",
          "grep",
          "tail",
          "cat");

  @TempDir private Path directory;

  private Path home;
  private Path tools;

  private record Result(int exitCode, String out, String err) {}

  @BeforeEach
  void makeProject() throws IOException {
    home = Files.createDirectories(directory.resolve("home with space"));
    tools = Files.createDirectories(directory.resolve("tools"));
    Files.copy(LAUNCHER, home.resolve("turnstile"));
    Files.createDirectories(home.resolve("benchmarks/src/main"));
    Files.createDirectories(home.resolve("testbed/flink-dist"));
    for (String file :
        List.of(
            "pom.xml",
            "benchmarks/pom.xml",
            "testbed/flink-dist/pom.xml",
            "benchmarks/src/main/A.java")) {
      Files.writeString(home.resolve(file), "");
    }
    for (String name : NEEDED) {
      // Not a link: JUnit warns of each that leads out of its directory.
      script(name, "exec %s \"$@\"".formatted(installed(name)));
    }
  }

  @Test
  void withoutJavaOneLineSaysWhatToInstall() throws Exception {
    Result result = launch(Map.of());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo("turnstile: no java on the PATH; install a JDK 17 or newer, or set JAVA_HOME\n");
  }

  @Test
  void javaHomeWithoutJavaIsNamed() throws Exception {
    tool("java", "17.0.1");
    Result result = launch(Map.of("JAVA_HOME", "/no/such/jdk"));
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .isEqualToIgnoringNewLines(
            "turnstile: JAVA_HOME is /no/such/jdk, which has no bin/java; set it to a JDK 17 or newer,"
                + " or unset it");
  }

  @Test
  void oldJavaIsRefused() throws Exception {
    for (String[] version : new String[][] {{"1.8.0_392", "8"}, {"11.0.21", "11"}, {"16", "16"}}) {
      tool("java", version[0]);
      Result result = launch(Map.of());
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.err())
          .isEqualTo(
              "turnstile: %s is Java %s; install a JDK 17 or newer, or set JAVA_HOME to one\n"
                  .formatted(tools.resolve("java"), version[1]));
    }
  }

  @Test
  void runtimeWithoutCompilerIsRefused() throws Exception {
    tool("java", "17.0.1");
    Result result = launch(Map.of());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo(
            "turnstile: there is a java but no javac; install a JDK 17 or newer (a JRE is not"
                + " enough)\n");
  }

  @Test
  void withoutMavenOneLineSaysWhatToInstall() throws Exception {
    jdk();
    Result result = launch(Map.of());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo("turnstile: no mvn on the PATH; install Maven 3.8.1 or newer\n");
  }

  @Test
  void oldMavenIsRefused() throws Exception {
    jdk();
    for (String version : List.of("3.6.3", "3.8.0", "2.2.1")) {
      maven(version, 0);
      Result result = launch(Map.of());
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.err())
          .isEqualTo("turnstile: mvn is Maven " + version + "; install Maven 3.8.1 or newer\n");
    }
  }

  @Test
  void firstRunBuildsAndSaysSo() throws Exception {
    jdk();
    for (String version : List.of("3.8.1", "3.10.0", "4.0.0")) {
      maven(version, 0);
      Files.deleteIfExists(home.resolve("target/launcher-build"));
      Result result = launch(Map.of());
      assertThat(result.err())
          .startsWith("turnstile: first run: building Turnstile")
          .contains("turnstile:   Turnstile: events 0.1.0 [1/1]");
      assertThat(result.exitCode()).isZero();
    }
  }

  @Test
  void builtProgramGetsTheArgumentsAndTheClassPath() throws Exception {
    jdk();
    maven("3.8.7", 0);
    Result result = launch(Map.of(), "demo", "--out", "a b");
    Path target = home.toRealPath().resolve("benchmarks/target");
    assertThat(result.out())
        .contains("-Dturnstile.home=" + home.toRealPath())
        .contains("-Dturnstile.terminal=false")
        .contains(
            target.resolve("turnstile-benchmarks.jar")
                + ":"
                + target.resolve("lib/a.jar")
                + ":"
                + target.resolve("lib/b.jar"))
        .endsWith("[io.turnstile.bench.Laboratory][demo][--out][a b]\n");
  }

  @Test
  void secondRunDoesNotBuild() throws Exception {
    jdk();
    maven("3.8.7", 0);
    launch(Map.of());
    Files.delete(tools.resolve("mvn"));
    Result result = launch(Map.of());
    assertThat(result.exitCode()).isZero();
    assertThat(result.err()).isEmpty();
  }

  @Test
  void changedSourceIsBuiltAgain() throws Exception {
    jdk();
    maven("3.8.7", 0);
    launch(Map.of());
    Files.setLastModifiedTime(
        home.resolve("benchmarks/src/main/A.java"), FileTime.from(Instant.now().plusSeconds(60)));
    assertThat(launch(Map.of()).err())
        .startsWith("turnstile: sources have changed: building Turnstile");
  }

  @Test
  void failedBuildShowsItsErrorAndIsTriedAgain() throws Exception {
    jdk();
    maven("3.8.7", 1);
    for (int attempt = 0; attempt < 2; attempt++) {
      Result result = launch(Map.of());
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.err()).contains("[ERROR] cannot compile").endsWith("launcher-build.log\n");
    }
  }

  @Test
  void worksThroughSymbolicLinksFromAnywhere() throws Exception {
    jdk();
    maven("3.8.7", 0);
    Path bin = Files.createDirectories(directory.resolve("bin"));
    Files.createSymbolicLink(bin.resolve("first"), Path.of("../home with space/turnstile"));
    Files.createSymbolicLink(bin.resolve("ts"), Path.of("first"));
    Result result = launch(bin.resolve("ts"), Map.of());
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains("-Dturnstile.home=" + home.toRealPath());
  }

  private void jdk() throws IOException {
    tool("java", "17.0.1");
    tool("javac", "17.0.1");
  }

  /** A Java tool that knows its version, and else prints what it is called with. */
  private void tool(String name, String version) throws IOException {
    script(
        name,
        """
        if [[ "$1" == -version ]]; then echo 'openjdk version "%s" 2021-10-19' >&2; exit; fi
        printf '[%%s]' "$@"; echo
        """
            .formatted(version));
  }

  /** A Maven that makes what the launcher needs. */
  private void maven(String version, int exitCode) throws IOException {
    script(
        "mvn",
        """
        if [[ "$1" == -version ]]; then echo 'Apache Maven %s (abc)'; exit; fi
        echo '[INFO] Building Turnstile: events 0.1.0 [1/1]'
        if ((%d)); then echo '[ERROR] cannot compile'; exit 1; fi
        mkdir -p benchmarks/target/lib job/target
        touch benchmarks/target/turnstile-benchmarks.jar job/target/turnstile-job.jar
        echo 'lib/a.jar:lib/b.jar' > benchmarks/target/classpath
        """
            .formatted(version, exitCode));
  }

  private static Path installed(String name) {
    return Stream.of("/usr/bin", "/bin")
        .map(bin -> Path.of(bin, name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }

  private void script(String name, String body) throws IOException {
    Path file = tools.resolve(name);
    Files.deleteIfExists(file);
    Files.writeString(file, "#!" + installed("bash") + "\n" + body);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private Result launch(Map<String, String> environment, String... args) throws Exception {
    return launch(home.resolve("turnstile"), environment, args);
  }

  private Result launch(Path launcher, Map<String, String> environment, String... args)
      throws Exception {
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    List<String> command =
        Stream.concat(
                Stream.of(tools.resolve("bash").toString(), launcher.toString()), Stream.of(args))
            .toList();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(Path.of("/").toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    Map<String, String> variables = new HashMap<>(environment);
    variables.put("PATH", tools.toString());
    builder.environment().clear();
    builder.environment().putAll(variables);
    Process process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
  }
}
