package io.turnstile.helm;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The chart of this repository, rendered with some values. Immutable. */
record Chart(List<Path> valuesFiles, Map<String, Object> values) {

  static final Path DIRECTORY =
      Path.of(System.getProperty("turnstile.home"), "helm", "turnstile").toAbsolutePath();

  /** The oldest that the chart supports. */
  private static final String KUBERNETES = "1.27.0";

  static final String RELEASE = "shop";
  static final String NAMESPACE = "payments";

  /** With what has no default: a production-like deployment that is otherwise the default. */
  static Chart minimal() {
    return new Chart(List.of(), Map.of())
        .with("kafka.bootstrapServers", "kafka:9092")
        .with("tokens.jwksUrl", "https://idp.example/jwks.json")
        .with("storage.uri", "s3://bucket/turnstile");
  }

  /**
   * @param file of the chart's own values files
   */
  static Chart of(String file) {
    return new Chart(List.of(DIRECTORY.resolve(file)), Map.of());
  }

  /** With one more value, as {@code --set KEY=VALUE}. */
  Chart with(String key, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(values);
    more.put(key, value);
    return new Chart(valuesFiles, more);
  }

  /** With one more values file, as {@code -f FILE}. */
  Chart with(Path valuesFile) {
    List<Path> more = new ArrayList<>(valuesFiles);
    more.add(valuesFile);
    return new Chart(more, values);
  }

  /** The manifests as one YAML text; fails with Helm's own message. */
  String render() {
    return renderWithHooks(WithHooks.DIRECTORY);
  }

  /** The same of a chart that contains a copy made by {@link #copyWithHooks}. */
  String renderWithHooks(Path chart) {
    return render(chart).replace(WithHooks.UNHOOKED, WithHooks.HOOK);
  }

  /**
   * The same of another form of the chart, without hooks.
   *
   * @param chart a directory or a package
   */
  String render(Path chart) {
    return render(chart, RELEASE, NAMESPACE);
  }

  /** The same as another release. */
  String renderAs(String release, String namespace) {
    return render(WithHooks.DIRECTORY, release, namespace);
  }

  private String render(Path chart, String release, String namespace) {
    TemplateCommand command =
        new Helm(chart)
            .template()
            .withName(release)
            .withNamespace(namespace)
            .withKubeVersion(KUBERNETES);
    valuesFiles.forEach(command::withValuesFile);
    values.forEach(command::set);
    return command.call();
  }

  /** The manifests, each read strictly. */
  Manifests manifests() {
    return Manifests.parse(render());
  }

  /** Copies the chart, with what lies behind its links, to a directory that does not exist yet. */
  static void copy(Path target) throws IOException {
    try (Stream<Path> files = Files.walk(DIRECTORY, FileVisitOption.FOLLOW_LINKS)) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(DIRECTORY.relativize(file).toString()));
      }
    }
  }

  /**
   * A copy of the chart with other names for the annotations that make a hook: the library leaves
   * hooks out of what it renders. And it asks whatever cluster it finds for a deployment; here that
   * is {@code global.cluster.NAMESPACE.NAME} of the values.
   *
   * @param edit changes each template further
   */
  static void copyWithHooks(Path target, UnaryOperator<String> edit) throws IOException {
    copy(target);
    try (Stream<Path> files = Files.walk(target.resolve("templates"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String template = Files.readString(file);
        Files.writeString(
            file,
            edit.apply(template)
                .replace(WithHooks.HOOK, WithHooks.UNHOOKED)
                .replace(WithHooks.LOOKUP, WithHooks.FOUND));
      }
    }
  }

  /** The copy that most tests use. */
  private static final class WithHooks {

    static final String HOOK = "helm.sh/hook";
    static final String UNHOOKED = "helm.sh/no-hook";
    static final String LOOKUP = "lookup \"apps/v1\" \"Deployment\" .root.Release.Namespace $name";
    static final String FOUND =
        "dig \"cluster\" .root.Release.Namespace $name dict (default dict .root.Values.global)";
    static final Path DIRECTORY;

    static {
      try {
        Path temporary = Files.createTempDirectory("chart-with-hooks");
        DIRECTORY = temporary.resolve("turnstile");
        copyWithHooks(DIRECTORY, UnaryOperator.identity());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(temporary)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static void delete(Path directory) {
      try (Stream<Path> files = Files.walk(directory)) {
        files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
