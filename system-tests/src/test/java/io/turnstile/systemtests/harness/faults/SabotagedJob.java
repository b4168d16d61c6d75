package io.turnstile.systemtests.harness.faults;

import static net.bytebuddy.matcher.ElementMatchers.named;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.dynamic.scaffold.TypeValidation;
import net.bytebuddy.implementation.FixedValue;
import net.bytebuddy.pool.TypePool;

/**
 * The job with a safeguard taken out of its JAR, to see that the tests notice. The job itself has
 * no such switch.
 */
final class SabotagedJob {

  /** The class with the positions that were decided before a crash and will be replayed. */
  private static final String DECIDED = "io.turnstile.job.read.PositionSet";

  private SabotagedJob() {}

  /**
   * In commit mode journal, an input that was decided before a crash is not recognised when it is
   * replayed.
   *
   * @param directory where to write the JAR
   */
  static Path withoutSuppression(Path jar, Path directory) throws IOException {
    Path sabotaged = directory.resolve("without-suppression.jar");
    Files.copy(jar, sabotaged);
    try (ClassFileLocator inJar = ClassFileLocator.ForJarFile.of(jar.toFile());
        FileSystem zip = FileSystems.newFileSystem(sabotaged)) {
      ClassFileLocator classes =
          new ClassFileLocator.Compound(inJar, ClassFileLocator.ForClassLoader.ofPlatformLoader());
      byte[] changed =
          new ByteBuddy()
              // Flink's classes, which the JAR refers to, are not in it.
              .with(TypeValidation.DISABLED)
              .redefine(
                  TypePool.Default.WithLazyResolution.of(classes).describe(DECIDED).resolve(),
                  classes)
              .method(named("remove"))
              .intercept(FixedValue.value(false))
              // Nor is the start of the job told that there are any: it would not send them on.
              .method(named("size"))
              .intercept(FixedValue.value(0L))
              .make()
              .getBytes();
      Files.write(zip.getPath(DECIDED.replace('.', '/') + ".class"), changed);
    }
    return sabotaged;
  }
}
