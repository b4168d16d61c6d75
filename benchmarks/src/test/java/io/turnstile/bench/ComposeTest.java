package io.turnstile.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** compose.yaml names files, images, commands and services that exist. */
class ComposeTest {

  private static final Path HOME = Path.of(System.getProperty("turnstile.home"));

  private Map<String, Map<String, Object>> services;
  private Map<String, Object> compose;

  @BeforeEach
  void read() throws IOException {
    compose = yaml("compose.yaml");
    services = services(compose);
  }

  private static Map<String, Object> yaml(String file) throws IOException {
    return new Yaml(new SafeConstructor(new LoaderOptions())).load(text(file));
  }

  private static String text(String file) throws IOException {
    return Files.readString(HOME.resolve(file));
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Map<String, Object>> services(Map<String, Object> compose) {
    return (Map<String, Map<String, Object>>) compose.get("services");
  }

  @SuppressWarnings("unchecked")
  private static List<String> list(Map<String, Object> service, String key) {
    return (List<String>) service.getOrDefault(key, List.of());
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Map<String, Object> service, String key) {
    return (Map<String, Object>) service.getOrDefault(key, Map.of());
  }

  private List<String> command(String service) {
    return list(services.get(service), "command");
  }

  /** What the launcher builds need not be there yet. */
  @Test
  void everyMountIsAFileOfTheProjectOrWhatTheLauncherBuilds() throws IOException {
    String launcher = text("turnstile");
    for (Map.Entry<String, Map<String, Object>> service : services.entrySet()) {
      for (String volume : list(service.getValue(), "volumes")) {
        String source = volume.substring(0, volume.indexOf(':'));
        if (!source.startsWith("./")) {
          assertThat(map(compose, "volumes")).as(service.getKey()).containsKey(source);
        } else if (source.contains("/target/")) {
          assertThat(launcher).as(service.getKey()).contains(source.substring(2));
        } else {
          assertThat(HOME.resolve(source)).as(service.getKey()).exists();
        }
        if (source.startsWith("./")) {
          assertThat(volume).as("a container must not change the checkout").endsWith(":ro");
        }
      }
    }
  }

  @Test
  void imagesAreThoseThatTheProjectIsBuiltFor() throws IOException {
    String pom = text("pom.xml");
    String flink = "flink:" + property(pom, "flink.version") + "-java17";
    String kafka = "apache/kafka:" + property(pom, "kafka.version");
    Map<String, Map<String, Object>> monitoring = services(yaml("monitoring/compose.yaml"));
    services.forEach(
        (name, service) ->
            assertThat(service.get("image"))
                .as(name)
                .isEqualTo(
                    name.equals("kafka")
                        ? kafka
                        : monitoring.containsKey(name)
                            ? monitoring.get(name).get("image")
                            : flink));
  }

  private static String property(String pom, String name) {
    Matcher value = Pattern.compile("<" + name + ">(.*)</" + name + ">").matcher(pom);
    assertThat(value.find()).as(name).isTrue();
    return value.group(1);
  }

  @Test
  void commandsOfTheToolsAreUnderstood() {
    Set<String> tried = new TreeSet<>();
    services.forEach(
        (name, service) -> {
          boolean isTool = list(service, "entrypoint").contains(Laboratory.class.getName());
          if (isTool && service.containsKey("command")) {
            Laboratory.commandLine().parseArgs(command(name).toArray(String[]::new));
            tried.add(name);
          }
        });
    assertThat(tried).containsExactly("api", "feeds", "gateway", "simulator", "topics");
    Matcher keys =
        Pattern.compile(Pattern.quote(Laboratory.class.getName()) + " (keys .*)")
            .matcher(String.join(" ", list(services.get("keys"), "entrypoint")));
    assertThat(keys.find()).isTrue();
    Laboratory.commandLine().parseArgs(keys.group(1).split(" "));
  }

  @Test
  void commandsOfTheChartsReadmeAreUnderstood() throws IOException {
    List<String> commands =
        Files.readAllLines(HOME.resolve("helm/README.md")).stream()
            .filter(line -> line.startsWith("./turnstile "))
            .map(line -> line.replaceAll(" +#.*", "").substring("./turnstile ".length()))
            .toList();
    assertThat(commands).hasSizeGreaterThan(1);
    for (String command : commands) {
      Laboratory.commandLine().parseArgs(command.split(" "));
    }
  }

  @Test
  void optionsOfTheJobAreThoseOfItsManual() throws IOException {
    List<String> command = command("jobmanager");
    String job = command.get(command.indexOf("--job-classname") + 1);
    assertThat(HOME.resolve("job/src/main/java/" + job.replace('.', '/') + ".java"))
        .isRegularFile();
    List<String> options =
        command.stream().filter(each -> each.startsWith("--") && each.contains("=")).toList();
    assertThat(options).hasSizeGreaterThan(2);
    String manual = text("docs/options.md");
    assertThat(options)
        .allSatisfy(
            option ->
                assertThat(manual)
                    .contains("| `" + option.substring(0, option.indexOf('=')) + "`"));
    assertThat(command("topics")).contains(options.get(options.indexOf("--lanes=4")));
  }

  @Test
  void whatIsConnectedToIsThere() throws IOException {
    String prometheus = text("monitoring/prometheus/containers.yaml");
    assertThat(prometheus).contains("names: [jobmanager, taskmanager]", "port: 9249");
    assertThat(prometheus).contains("names: [gateway]", "port: 8080");
    assertThat(services).containsKeys("jobmanager", "taskmanager", "gateway");
    assertThat(command("jobmanager")).contains("-Dmetrics.reporter.prom.port=9249");
    assertThat(command("taskmanager")).contains("-Dmetrics.reporter.prom.port=9249");

    String advertised =
        (String) map(services.get("kafka"), "environment").get("KAFKA_ADVERTISED_LISTENERS");
    for (String client : List.of("topics", "jobmanager", "simulator", "gateway")) {
      String servers =
          command(client).stream()
              .filter(each -> each.startsWith("--bootstrap-servers="))
              .map(each -> each.substring(each.indexOf('=') + 1))
              .findFirst()
              .orElseThrow();
      assertThat(advertised).as(client).contains("//" + servers);
    }
    services.forEach(
        (name, service) -> {
          assertThat(services.keySet()).as(name).containsAll(map(service, "depends_on").keySet());
          if (service.get("network_mode") instanceof String mode) {
            assertThat(services).containsKey(mode.replace("service:", ""));
          }
        });
  }

  @Test
  void nothingListensToOtherMachines() {
    services.forEach(
        (name, service) ->
            assertThat(list(service, "ports"))
                .as(name)
                .allMatch(port -> port.startsWith("127.0.0.1:")));
  }
}
