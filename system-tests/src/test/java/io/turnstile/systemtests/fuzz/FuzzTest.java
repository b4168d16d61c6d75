package io.turnstile.systemtests.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.code_intelligence.jazzer.Jazzer;
import io.turnstile.clients.Durations;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs the targets: over the files that are kept, and over what Jazzer makes of them at random.
 *
 * <p>{@code -Dfuzz.duration=30m} is the time for each target. {@code -Dfuzz.target=replay} chooses
 * one, {@code all} takes all of them; else one is drawn, unless a duration is given. {@code
 * -Dfuzz.seed=1} repeats a run. What a run finds is in {@code system-tests/target/fuzz/TARGET}:
 * {@code crash-…} or {@code timeout-…} fails the test, {@code corpus} reached new code and is where
 * the next run begins. A finding is kept, under a name that says what it is, in {@code
 * src/test/resources/fuzz/TARGET}.
 */
class FuzzTest {

  private static final List<Class<?>> TARGETS =
      List.of(
          TransactionTarget.class,
          TokenTarget.class,
          ClaimsTarget.class,
          JwksTarget.class,
          ReferenceTarget.class,
          ReplayTarget.class,
          PropertiesTarget.class);

  private static final Duration SHORT = Duration.ofSeconds(3);

  private static final Duration DURATION =
      Optional.ofNullable(System.getProperty("fuzz.duration")).map(Durations::parse).orElse(SHORT);

  /** A hang: no reader takes so long, also on a busy machine while its classes are loaded. */
  private static final Duration HANG = Duration.ofMinutes(2);

  private static final Duration START_AND_END = Duration.ofMinutes(10);

  /** What the coverage is measured of. */
  private static final String READERS =
      "io.turnstile.**:com.fasterxml.jackson.**:com.nimbusds.**:org.apache.commons.csv.**";

  /** One, drawn, takes ten seconds: all of them would be too long for each build on a laptop. */
  static Stream<Class<?>> targets() {
    String chosen = System.getProperty("fuzz.target", DURATION.equals(SHORT) ? "drawn" : "all");
    return switch (chosen) {
      case "all" -> TARGETS.stream();
      case "drawn" -> Stream.of(TARGETS.get(new Random().nextInt(TARGETS.size())));
      default -> TARGETS.stream().filter(target -> name(target).equals(chosen));
    };
  }

  static Stream<Arguments> kept() {
    return TARGETS.stream()
        .flatMap(target -> Seeds.of(name(target)).stream().map(file -> keptFile(target, file)));
  }

  private static Arguments keptFile(Class<?> target, Path file) {
    return Arguments.argumentSet(name(target) + "/" + file.getFileName(), target, file);
  }

  @ParameterizedTest
  @MethodSource("kept")
  void whatWasKeptIsReadAsItMust(Class<?> target, Path file) {
    assertThatCode(() -> give(target, Files.readAllBytes(file))).doesNotThrowAnyException();
  }

  /** A target that lets everything pass would find nothing. */
  @Test
  void targetsFail() {
    byte[] unsigned = new byte[0];
    assertThatCode(() -> give(TokenTarget.class, unsigned)).doesNotThrowAnyException();
    assertThatCode(() -> Model.demand(false, () -> "all")).isInstanceOf(AssertionError.class);
    assertThatCode(() -> Model.demandOneLine("two\nlines")).isInstanceOf(AssertionError.class);
  }

  @ParameterizedTest
  @MethodSource("targets")
  void nothingIsFoundAtRandom(Class<?> target) throws Exception {
    Path directory = Path.of("target", "fuzz", name(target)).toAbsolutePath();
    Path corpus = Files.createDirectories(directory.resolve("corpus"));
    Path log = directory.resolve("log.txt");
    Process process =
        new ProcessBuilder(command(target, directory, corpus))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(process.waitFor(DURATION.plus(START_AND_END).toSeconds(), TimeUnit.SECONDS))
          .as("the fuzzer ends by itself; see %s", log)
          .isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(() -> found(directory, log)).isZero();
    assertThat(log).content().contains("Done ");
  }

  private static List<String> command(Class<?> target, Path directory, Path corpus)
      throws IOException {
    long seed = Long.getLong("fuzz.seed", 1 + new Random().nextInt(Integer.MAX_VALUE));
    System.out.println(name(target) + ": -Dfuzz.seed=" + seed);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx512m");
    command.add("-Djdk.attach.allowAttachSelf=true");
    command.add("-Djava.io.tmpdir=" + Files.createDirectories(directory.resolve("tmp")));
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Jazzer.class.getName());
    command.add("--target_class=" + target.getName());
    command.add("--instrumentation_includes=" + READERS);
    command.add("--custom_hook_includes=" + READERS);
    command.add("--reproducer_path=" + directory);
    command.add("-artifact_prefix=" + directory + File.separator);
    command.add("-max_total_time=" + DURATION.toSeconds());
    command.add("-timeout=" + HANG.toSeconds());
    command.add("-rss_limit_mb=0");
    command.add("-print_final_stats=1");
    command.add("-seed=" + seed);
    command.add(corpus.toString());
    command.add(Seeds.resource(name(target)).toString());
    return command;
  }

  private static String found(Path directory, Path log) {
    StringBuilder found = new StringBuilder("see " + log);
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file :
          files.filter(each -> each.toString().matches(".*(crash|timeout|oom)-.*")).toList()) {
        found
            .append("\n")
            .append(file.getFileName())
            .append(": ")
            .append(HexFormat.of().formatHex(Files.readAllBytes(file)));
      }
    } catch (IOException e) {
      found.append(", ").append(e.getMessage());
    }
    return found.toString();
  }

  /** As Jazzer calls it. */
  private static void give(Class<?> target, byte[] bytes) throws Throwable {
    Method method = target.getMethod("fuzzerTestOneInput", byte[].class);
    try {
      method.invoke(null, (Object) bytes);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static String name(Class<?> target) {
    return target.getSimpleName().replace("Target", "").toLowerCase(Locale.ROOT);
  }
}
