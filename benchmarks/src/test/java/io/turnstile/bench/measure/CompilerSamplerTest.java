package io.turnstile.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompilerSamplerTest {

  private static final String C1 = "C1 CompilerThre";
  private static final String C2 = "C2 CompilerThre";

  @TempDir private Path directory;

  private final CompilerSampler sampler = new CompilerSampler();

  @Test
  void onlyCompilersCountWithUserAndSystemTime() throws IOException {
    thread("job", 1, "java", 900, 90);
    thread("job", 2, C1, 10, 1);
    thread("job", 3, C2, 20, 2);
    thread("job", 4, "a) R 1 (C2 Comp", 900, 90);
    assertThat(sample("job", 0)).hasValue(0);

    thread("job", 1, "java", 990, 99);
    thread("job", 2, C1, 30, 3);
    thread("job", 3, C2, 60, 6);
    thread("job", 4, "a) R 1 (C2 Comp", 990, 99);

    assertThat(sample("job", 1)).hasValue(0.66);
  }

  @Test
  void timeOfAThreadThatEndedStaysAndThatOfANewOneCountsFromItsStart() throws IOException {
    thread("job", 2, C2, 100, 0);
    sample("job", 0);
    thread("job", 2, C2, 150, 0);
    sample("job", 1);
    remove("job", 2);
    thread("job", 7, C2, 30, 0);

    assertThat(sample("job", 2)).hasValue(0.8);
  }

  @Test
  void threadThatEndsWhileItIsReadIsLeftOut() throws IOException {
    thread("job", 2, C2, 100, 0);
    Files.createDirectories(tasks("job").resolve("3"));
    sample("job", 0);
    thread("job", 2, C2, 130, 0);

    assertThat(sample("job", 1)).hasValue(0.3);
  }

  @Test
  void threadThatGetsItsNameLateIsFound() throws IOException {
    thread("job", 2, C1, 100, 0);
    thread("job", 3, "java", 0, 0);
    sample("job", 0);
    thread("job", 3, C2, 40, 0);

    assertThat(sample("job", 1)).hasValue(0.4);
  }

  @Test
  void processThatTakesOverANameIsAdded() throws IOException {
    thread("job", 2, C2, 500, 0);
    sample("job", 0);
    remove("job", 2);
    thread("job", 12, C2, 20, 0);

    assertThat(sample("job", 1)).hasValue(0.2);
  }

  @Test
  void nothingIsKnownOfAProcessThatIsNotThereOrHasNoSuchThreads() throws IOException {
    thread("database", 1, "postgres", 100, 10);

    assertThat(sample("database", 0)).isEmpty();
    assertThat(sample("gone", 0)).isEmpty();
    assertThat(sampler.cores(0, 2, "load")).containsOnly(Double.NaN);
  }

  @Test
  void secondsLieBetweenSamplesAndProcessesAreAddedUp() throws IOException {
    for (int i = 0; i <= 4; i++) {
      thread("job", 2, C2, 100 * i, 0);
      thread("broker", 3, C1, 10 * i, 0);
      thread("load", 4, C2, 900 * i, 0);
      for (String process : new String[] {"job", "broker", "load"}) {
        sample(process, i + 0.5);
      }
    }

    double[] cores = sampler.cores(0, 5, "load");

    assertThat(cores[0]).isNaN();
    assertThat(cores[1]).isEqualTo(1.1, within(1e-6));
    assertThat(cores[3]).isEqualTo(1.1, within(1e-6));
    assertThat(cores[4]).isNaN();
  }

  @Test
  void processThatEndsOrBeginsTakesNothingOutsideOfItsLife() throws IOException {
    for (int i = 0; i <= 6; i++) {
      thread("broker", 3, C1, 10 * i, 0);
      sample("broker", i);
      thread("job", i < 3 ? 4 : 5, C2, 50 * i, 0);
      if (i < 3) {
        sample("old", "job", i);
      } else {
        sample("new", "job", i);
      }
    }

    assertThat(sampler.cores(0, 6, "load"))
        .containsExactly(new double[] {0.6, 0.6, 0.1, 0.6, 0.6, 0.6}, within(1e-6));
  }

  private OptionalDouble sample(String process, double seconds) {
    return sample(process, process, seconds);
  }

  private OptionalDouble sample(String process, String files, double seconds) {
    return sampler.sample(process, (long) (seconds * TimeUnit.SECONDS.toNanos(1)), tasks(files));
  }

  private Path tasks(String process) {
    return directory.resolve(process).resolve("task");
  }

  private void thread(String process, int id, String name, int user, int system)
      throws IOException {
    Path thread = Files.createDirectories(tasks(process).resolve(Integer.toString(id)));
    Files.writeString(
        thread.resolve("stat"),
        "%d (%s) S 1 1 1 0 -1 4194304 102 0 0 0 %d %d 0 0 20 0 1 0 168529\n"
            .formatted(id, name, user, system));
  }

  private void remove(String process, int id) throws IOException {
    Path thread = tasks(process).resolve(Integer.toString(id));
    Files.delete(thread.resolve("stat"));
    Files.delete(thread);
  }
}
