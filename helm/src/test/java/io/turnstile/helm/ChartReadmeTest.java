package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The commands of helm/README.md, which installs as {@code turnstile}, fit what is rendered. */
class ChartReadmeTest {

  private static final String RELEASE = "turnstile";

  private static String readme() throws IOException {
    return Files.readString(Chart.DIRECTORY.resolveSibling("README.md"));
  }

  private static String section(String heading) throws IOException {
    Matcher section =
        Pattern.compile("(?ms)^## " + heading + "$(.*?)(?=^## |\\z)").matcher(readme());
    assertThat(section.find()).as(heading).isTrue();
    return section.group(1);
  }

  private static Manifests development() {
    return Manifests.parse(Chart.of("values-dev.yaml").renderAs(RELEASE, "default"));
  }

  private static Set<String> names(Stream<? extends HasMetadata> objects) {
    return objects
        .map(each -> each.getMetadata().getName())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** What {@code kubectl delete KIND NAME…} of a section names. */
  private static Set<String> deleted(String kind, String section) {
    Set<String> names = new TreeSet<>();
    Matcher command = Pattern.compile("kubectl delete " + kind + " (.*)").matcher(section);
    while (command.find()) {
      Stream.of(command.group(1).strip().split(" "))
          .filter(word -> !word.startsWith("-"))
          .forEach(names::add);
    }
    return names;
  }

  @Test
  void uninstallNamesAllThatHelmLeavesBehind() throws IOException {
    String uninstall = section("Uninstall");
    Manifests manifests = development();
    Set<String> claims =
        names(
            manifests.all(PersistentVolumeClaim.class).stream()
                .filter(
                    claim ->
                        "keep"
                            .equals(
                                claim
                                    .getMetadata()
                                    .getAnnotations()
                                    .get("helm.sh/resource-policy"))));
    for (StatefulSet set : manifests.all(StatefulSet.class)) {
      set.getSpec()
          .getVolumeClaimTemplates()
          .forEach(
              claim ->
                  claims.add(
                      claim.getMetadata().getName() + "-" + set.getMetadata().getName() + "-0"));
    }
    assertThat(deleted("pvc", uninstall)).isEqualTo(claims).isNotEmpty();
    // Hooks are no part of a release; its topics hook is left out with a broker of its own.
    Manifests production = Manifests.parse(Chart.minimal().renderAs(RELEASE, "default"));
    assertThat(deleted("job", uninstall)).isEqualTo(names(production.all(Job.class).stream()));
    assertThat(deleted("pod", uninstall)).isEqualTo(names(manifests.all(Pod.class).stream()));
    // Flink makes these, labelled with its cluster's id.
    assertThat(uninstall)
        .contains(
            "kubectl delete configmap -l app="
                + manifests.flinkConfig().get("kubernetes.cluster-id")
                + ",type=flink-native-kubernetes");
  }

  /** Without a revision Helm takes the one before, also if that had failed. */
  @Test
  void rollbackNamesARevisionThatHasRun() throws IOException {
    assertThat(readme()).doesNotContainPattern("helm rollback turnstile(?! REVISION)");
    assertThat(section("Roll back"))
        .contains("helm history turnstile")
        .contains("\"deployed\" or \"superseded\"");
  }

  @Test
  void upgradeSaysWhichPodsAreReplaced() throws IOException {
    assertThat(section("Upgrade")).contains("the JobManager alone with other options of the job");
  }

  @Test
  void wayToPutDataInIsThatOfTheDevelopmentBroker() throws IOException {
    String section = section("Try it");
    Manifests manifests = development();
    Service broker = manifests.get(Service.class, "kafka");
    String name = broker.getMetadata().getName();
    assertThat(
            manifests
                .get(StatefulSet.class, "kafka")
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .get(0)
                .getEnv())
        .filteredOn(variable -> variable.getName().equals("KAFKA_ADVERTISED_LISTENERS"))
        .extracting(EnvVar::getValue)
        .containsExactly("PLAINTEXT://" + name + ":9092");
    assertThat(section)
        .contains("kubectl port-forward service/" + name + " 9092")
        .contains("127.0.0.1 " + name)
        .contains("./turnstile simulate generate --bootstrap-servers " + name + ":9092")
        .contains("./turnstile audit --bootstrap-servers " + name + ":9092");
    String key =
        manifests.get(Pod.class, "check").getSpec().getContainers().get(0).getArgs().stream()
            .filter(argument -> argument.startsWith("--signing-key="))
            .map(argument -> argument.substring(argument.indexOf('=') + 1))
            .findFirst()
            .orElseThrow();
    assertThat(section).contains("deployment/turnstile-jobmanager -c jobmanager -- cat " + key);
    assertThat(names(manifests.all(Deployment.class).stream())).contains("turnstile-jobmanager");
  }

  @Test
  void whatAClusterMayNeedIsNamed() throws IOException {
    assertThat(section("Install"))
        .contains(
            "`monitoring.podMonitor` and `monitoring.prometheusRule`, which need the Prometheus")
        .contains("`networkPolicy.webFrom`")
        .contains("`certificates.secretName`")
        .contains("values-openshift.yaml");
    assertThat(section("Try it"))
        .contains("kubectl get endpointslices -l kubernetes.io/service-name=kubernetes");
    for (String file :
        new String[] {"values-dev.yaml", "values-prod.yaml", "values-openshift.yaml"}) {
      assertThat(Chart.DIRECTORY.resolve(file)).isRegularFile();
      assertThat(readme()).contains(file);
    }
  }
}
