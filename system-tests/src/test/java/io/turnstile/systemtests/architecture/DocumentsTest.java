package io.turnstile.systemtests.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documents name files, classes and places that exist. */
class DocumentsTest {

  private static final Path HOME = Path.of(System.getProperty("turnstile.home"));
  private static final Set<String> NOT_OURS = Set.of("target", ".git", ".idea", "node_modules");

  private static final Pattern FENCE = Pattern.compile("(?ms)^```.*?^```");
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
  private static final Pattern CLASS =
      Pattern.compile("(?:[\\w-]+/)+[A-Z]\\w+|[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+");
  private static final Pattern FILE =
      Pattern.compile("[\\w./-]+\\.(?:java|js|html|json|yaml|md|css|tsv|svg)");
  private static final Pattern DIRECTORY = Pattern.compile("(?:[\\w-]+/)+[\\w-]*");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern PROFILES = Pattern.compile("(?<=[\\s`(])-P([a-z]+(?:,[a-z]+)*)");
  private static final Pattern PROFILE = Pattern.compile("<profile>\\s*<id>([^<]+)</id>");
  private static final Pattern TESTS = Pattern.compile("-D(?:it\\.)?test=([A-Z]\\w+)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.+?) *$");

  private final Set<String> files = new TreeSet<>();

  DocumentsTest() throws IOException {
    Files.walkFileTree(
        HOME,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return NOT_OURS.contains(directory.getFileName().toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            files.add("/" + HOME.relativize(file).toString().replace('\\', '/'));
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Test
  void codeMapNamesWhatIsThere() throws IOException {
    String text = FENCE.matcher(Files.readString(HOME.resolve("docs/code-map.md"))).replaceAll("");
    Set<String> missing = new TreeSet<>();
    Matcher code = CODE.matcher(text);
    while (code.find()) {
      String name = code.group(1);
      boolean exists =
          CLASS.matcher(name).matches()
              ? files.stream().anyMatch(file -> file.endsWith("/" + name + ".java"))
              : FILE.matcher(name).matches()
                  ? files.stream().anyMatch(file -> file.endsWith("/" + name))
                  : !DIRECTORY.matcher(name).matches()
                      || files.stream().anyMatch(file -> file.contains("/" + withSlash(name)));
      if (!exists) {
        missing.add(name);
      }
    }
    assertThat(missing).isEmpty();
  }

  private static String withSlash(String directory) {
    return directory.endsWith("/") ? directory : directory + "/";
  }

  @Test
  void everyLinkLeadsSomewhere() {
    Set<String> broken = new TreeSet<>();
    for (String document : files.stream().filter(file -> file.endsWith(".md")).toList()) {
      Path path = HOME.resolve(document.substring(1));
      Matcher link = LINK.matcher(FENCE.matcher(read(path)).replaceAll(""));
      while (link.find()) {
        String target = link.group(1);
        if (!target.matches("[a-z]+:.*") && !leadsSomewhere(path, target)) {
          broken.add(document + ": " + target);
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  /** In documents and in what a CI system calls. */
  @Test
  void commandsOfMavenNameProfilesAndTestsThatExist() {
    Set<String> profiles =
        PROFILE
            .matcher(read(HOME.resolve("pom.xml")))
            .results()
            .map(profile -> profile.group(1))
            .collect(Collectors.toSet());
    Set<String> missing = new TreeSet<>();
    Set<String> named = new TreeSet<>();
    for (String file :
        files.stream().filter(each -> each.endsWith(".md") || each.startsWith("/.ci/")).toList()) {
      String text = read(HOME.resolve(file.substring(1)));
      PROFILES
          .matcher(text)
          .results()
          .flatMap(match -> Stream.of(match.group(1).split(",")))
          .forEach(named::add);
      TESTS
          .matcher(text)
          .results()
          .map(match -> match.group(1))
          .filter(test -> !test.equals("None"))
          .filter(test -> files.stream().noneMatch(each -> each.endsWith("/" + test + ".java")))
          .forEach(test -> missing.add(file + ": " + test));
    }
    assertThat(missing).isEmpty();
    assertThat(profiles).containsAll(named);
    assertThat(named).contains("containers", "long", "chaos", "kubernetes", "release");
  }

  private static boolean leadsSomewhere(Path document, String target) {
    List<String> parts = List.of(target.split("#", 2));
    Path file =
        parts.get(0).isEmpty() ? document : document.resolveSibling(parts.get(0)).normalize();
    return Files.exists(file) && (parts.size() == 1 || anchors(read(file)).contains(parts.get(1)));
  }

  /** As the usual renderers make them of headings. */
  private static Set<String> anchors(String text) {
    return HEADING
        .matcher(FENCE.matcher(text).replaceAll(""))
        .results()
        .map(
            heading ->
                heading
                    .group(1)
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\w\\- ]", "")
                    .replace(' ', '-'))
        .collect(Collectors.toCollection(HashSet::new));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
