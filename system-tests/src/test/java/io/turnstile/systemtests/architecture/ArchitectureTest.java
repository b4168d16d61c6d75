package io.turnstile.systemtests.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads the compiled classes of every module; needs nothing on its class path. */
class ArchitectureTest {

  private static final Path HOME = Path.of(System.getProperty("turnstile.home"));

  /** By module, the modules that its classes may use. A module that is not named fails the test. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          // The product.
          Map.entry("events", Set.of()),
          Map.entry("decision", Set.of("events")),
          Map.entry("clients", Set.of("events")),
          Map.entry("job", Set.of("events", "decision", "clients")),
          Map.entry("audit", Set.of("events", "clients")),
          Map.entry("gateway", Set.of("events", "decision", "clients")),
          Map.entry("feeds", Set.of("events", "clients")),
          Map.entry("cli", Set.of("events", "clients", "audit", "gateway", "feeds")),
          Map.entry("helm", Set.of("events", "clients")),
          // The laboratory.
          Map.entry("testbed", Set.of("events", "clients")),
          Map.entry("testbed/slow-storage", Set.of()),
          Map.entry("source-simulator", Set.of("events", "clients")),
          Map.entry("benchmarks/peers", Set.of("events", "decision", "clients")),
          Map.entry("benchmarks/jdbc-xa", Set.of("events", "decision", "job")),
          Map.entry(
              "benchmarks",
              Set.of("events", "clients", "audit", "cli", "testbed", "source-simulator")),
          Map.entry(
              "benchmarks/jmeter",
              Set.of("events", "clients", "audit", "benchmarks", "testbed", "source-simulator")),
          Map.entry("benchmarks/micro", Set.of("events", "decision", "job", "testbed")));

  private static final List<String> ROOMS =
      List.of("failure", "codec", "read", "validate", "enrich", "decide", "commit");

  private static final Map<String, JavaClasses> MODULES = readModules();

  private static final String FLINK_OPERATOR =
      "org.apache.flink.streaming.api.operators.AbstractStreamOperator";

  @Test
  void everyModuleUsesOnlyWhatItMay() {
    assertThat(MODULES.keySet()).isSubsetOf(MAY_USE.keySet());
    Map<String, String> moduleOf = new TreeMap<>();
    MODULES.forEach(
        (module, classes) -> classes.forEach(each -> moduleOf.put(each.getName(), module)));
    Set<String> violations = new TreeSet<>();
    MODULES.forEach(
        (module, classes) ->
            classes.stream()
                .flatMap(each -> each.getDirectDependenciesFromSelf().stream())
                .forEach(
                    dependency -> {
                      String used = moduleOf.get(dependency.getTargetClass().getName());
                      if (used != null
                          && !used.equals(module)
                          && !MAY_USE.get(module).contains(used)) {
                        violations.add(
                            module
                                + " → "
                                + used
                                + ": "
                                + dependency.getOriginClass().getSimpleName()
                                + " uses "
                                + dependency.getTargetClass().getSimpleName());
                      }
                    }));
    assertThat(violations).isEmpty();
  }

  /** Two modules that share a package reach into each other's package-private parts. */
  @Test
  void noPackageIsSplitOverModules() {
    Map<String, Set<String>> modulesOf = new TreeMap<>();
    MODULES.forEach(
        (module, classes) ->
            classes.forEach(
                each ->
                    modulesOf
                        .computeIfAbsent(each.getPackageName(), name -> new TreeSet<>())
                        .add(module)));
    // Micro-benchmarks measure package-private parts.
    modulesOf.values().forEach(modules -> modules.remove("benchmarks/micro"));
    assertThat(modulesOf).allSatisfy((name, modules) -> assertThat(modules).hasSizeLessThan(2));
  }

  @Test
  void noPackageOfTheJobUsesALaterOne() {
    LayeredArchitecture layers = layeredArchitecture().consideringOnlyDependenciesInLayers();
    for (String room : ROOMS) {
      layers = layers.layer(room).definedBy("io.turnstile.job." + room + "..");
    }
    for (int i = 0; i < ROOMS.size() - 1; i++) {
      layers =
          layers
              .whereLayer(ROOMS.get(i))
              .mayOnlyBeAccessedByLayers(ROOMS.subList(i + 1, ROOMS.size()).toArray(String[]::new));
    }
    layers
        .whereLayer(ROOMS.get(ROOMS.size() - 1))
        .mayNotBeAccessedByAnyLayer()
        .check(classesOf("job"));
  }

  @Test
  void noRoomOfTheJobKnowsWhoWiresThem() {
    noClasses()
        .that()
        .resideInAnyPackage(
            ROOMS.stream().map(room -> "io.turnstile.job." + room + "..").toArray(String[]::new))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.turnstile.job", "io.turnstile.job.options..")
        .check(classesOf("job"));
  }

  @Test
  void commitModesDoNotKnowEachOther() {
    noClasses()
        .that()
        .resideInAPackage("..commit.checkpoint..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("..commit.journal..")
        .check(classesOf("job"));
    noClasses()
        .that()
        .resideInAPackage("..commit.journal..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("..commit.checkpoint..")
        .check(classesOf("job"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "events",
        "decision",
        "clients",
        "job",
        "audit",
        "gateway",
        "feeds",
        "cli",
        "testbed",
        "source-simulator",
        "benchmarks",
        "benchmarks/peers"
      })
  void packagesHaveNoCycles(String module) {
    slices().matching("io.turnstile.(**)").should().beFreeOfCycles().check(classesOf(module));
  }

  /** An operator is composed of parts; what it inherits is Flink's. */
  @Test
  void noOperatorInheritsFromAnotherOfOurs() {
    List<JavaClass> operators =
        classesOf("job").stream()
            .filter(each -> FLINK_OPERATOR.equals(firstForeignSuperclass(each)))
            .toList();
    assertThat(operators).isNotEmpty();
    assertThat(operators)
        .allSatisfy(
            each ->
                assertThat(each.getRawSuperclass().orElseThrow().getName())
                    .isEqualTo(FLINK_OPERATOR));
  }

  private static String firstForeignSuperclass(JavaClass type) {
    JavaClass each = type;
    while (each.getName().startsWith("io.turnstile.") && each.getRawSuperclass().isPresent()) {
      each = each.getRawSuperclass().get();
    }
    return each.getName();
  }

  private static JavaClasses classesOf(String module) {
    JavaClasses classes = MODULES.get(module);
    assertThat(classes).as("classes of " + module + "; build it first").isNotEmpty();
    return classes;
  }

  private static Map<String, JavaClasses> readModules() {
    Map<String, JavaClasses> modules = new TreeMap<>();
    for (Path directory : List.of(HOME, HOME.resolve("testbed"), HOME.resolve("benchmarks"))) {
      try (Stream<Path> children = Files.list(directory)) {
        for (Path child : children.filter(each -> Files.exists(each.resolve("pom.xml"))).toList()) {
          Path classes = child.resolve(Path.of("target", "classes"));
          if (Files.isDirectory(classes)) {
            modules.put(
                HOME.relativize(child).toString().replace('\\', '/'),
                new ClassFileImporter().importPath(classes));
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return modules;
  }
}
