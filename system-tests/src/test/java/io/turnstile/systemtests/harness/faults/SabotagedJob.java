package io.turnstile.systemtests.harness.faults;

import static net.bytebuddy.matcher.ElementMatchers.named;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.dynamic.scaffold.TypeValidation;
import net.bytebuddy.implementation.FixedValue;
import net.bytebuddy.implementation.StubMethod;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.pool.TypePool;
import net.bytebuddy.utility.OpenedClassReader;

/**
 * The job with a safeguard taken out of its JAR, to see that the tests notice. The job itself has
 * no such switch.
 */
final class SabotagedJob {

  /** The class with the positions that were decided before a crash and will be replayed. */
  private static final String DECIDED = "io.turnstile.job.read.PositionSet";

  /** The class with the statements of a lane in PostgreSQL. */
  private static final String TABLE = "io.turnstile.job.commit.journal.postgresql.LaneTable";

  private SabotagedJob() {}

  /**
   * In PostgreSQL, a commit looks neither for its owner nor for the number where the lane ends, and
   * a take-over ends no sessions.
   *
   * @param directory where to write the JAR
   */
  static Path withoutFencing(Path jar, Path directory) throws IOException {
    return changed(
        jar,
        directory.resolve("without-fencing.jar"),
        TABLE,
        builder ->
            builder
                .method(named("endSessions"))
                .intercept(StubMethod.INSTANCE)
                .visit(
                    new AsmVisitorWrapper.ForDeclaredMethods()
                        .method(
                            named("insert"),
                            (type, method, visitor, context, pool, w, r) ->
                                new Constants(visitor))));
  }

  /** Makes the conditions of the UPDATE true, whatever its parameters are. */
  private static final class Constants extends MethodVisitor {
    Constants(MethodVisitor visitor) {
      super(OpenedClassReader.ASM_API, visitor);
    }

    @Override
    public void visitLdcInsn(Object value) {
      super.visitLdcInsn(
          value instanceof String text
              ? text.replace(
                  "AND owner = ? AND last_seq = ?",
                  "AND (owner = ? OR true) AND (last_seq = ? OR true)")
              : value);
    }
  }

  /**
   * In commit mode journal, an input that was decided before a crash is not recognised when it is
   * replayed.
   *
   * @param directory where to write the JAR
   */
  static Path withoutSuppression(Path jar, Path directory) throws IOException {
    return changed(
        jar,
        directory.resolve("without-suppression.jar"),
        DECIDED,
        builder ->
            builder
                .method(named("remove"))
                .intercept(FixedValue.value(false))
                // Nor is the start of the job told that there are any: it would not send them on.
                .method(named("size"))
                .intercept(FixedValue.value(0L)));
  }

  private static Path changed(
      Path jar, Path sabotaged, String name, UnaryOperator<DynamicType.Builder<?>> change)
      throws IOException {
    Files.copy(jar, sabotaged);
    try (ClassFileLocator inJar = ClassFileLocator.ForJarFile.of(jar.toFile());
        FileSystem zip = FileSystems.newFileSystem(sabotaged)) {
      ClassFileLocator classes =
          new ClassFileLocator.Compound(inJar, ClassFileLocator.ForClassLoader.ofPlatformLoader());
      byte[] bytes =
          change
              .apply(
                  new ByteBuddy()
                      // Flink's classes, which the JAR refers to, are not in it.
                      .with(TypeValidation.DISABLED)
                      .redefine(
                          TypePool.Default.WithLazyResolution.of(classes).describe(name).resolve(),
                          classes))
              .make()
              .getBytes();
      Files.write(zip.getPath(name.replace('.', '/') + ".class"), bytes);
    }
    return sabotaged;
  }
}
