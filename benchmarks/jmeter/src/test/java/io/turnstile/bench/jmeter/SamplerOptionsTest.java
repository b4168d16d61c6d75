package io.turnstile.bench.jmeter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.TokenClaims;
import io.turnstile.events.TopicNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.jmeter.protocol.java.sampler.JavaSamplerContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SamplerOptionsTest {

  private static final Path MODULE =
      Path.of(System.getProperty("turnstile.home"), "benchmarks", "jmeter");

  @Test
  void everyOptionOfACommandIsAParameter() {
    assertThat(SamplerOptions.all())
        .extracting(SamplerOptions::parameter)
        .containsExactlyInAnyOrder(
            "scenario",
            "bootstrap_servers",
            "client_properties",
            "topic_prefix",
            "topic_transactions",
            "topic_inventory",
            "topic_customers",
            "topic_accepted",
            "topic_rejected",
            "topic_dead_letter",
            "signing_key",
            "token_issuer",
            "token_audience",
            "token_type",
            "ledger",
            "rate");
  }

  @Test
  void parametersNameTheDeployment(@TempDir Path directory) throws IOException {
    Path properties =
        Files.writeString(directory.resolve("client.properties"), "security.protocol=SSL");
    Map<String, String> given =
        Map.of(
            "scenario", "some.yaml",
            "signing_key", "key.json",
            "token_issuer", "https://idp.example",
            "token_type", "at+jwt",
            "bootstrap_servers", "a:1,b:2",
            "client_properties", properties.toString(),
            "topic_prefix", "eu-",
            "topic_inventory", "stock",
            "topic_accepted", "passed",
            "topic_dead_letter", "letters");
    SamplerOptions read = SamplerOptions.read(name -> given.getOrDefault(name, ""));
    KafkaOptions options = read.kafka;

    assertThat(read.scenario).hasFileName("some.yaml");
    assertThat(read.rate).isNull();
    assertThat(read.ledger).hasFileName("ledger.csv");
    assertThat(read.tokenClaims.claims())
        .isEqualTo(new TokenClaims("https://idp.example", null, "at+jwt"));
    assertThat(options.bootstrapServers()).isEqualTo("a:1,b:2");
    assertThat(options.clientProperties()).containsExactly(Map.entry("security.protocol", "SSL"));
    assertThat(options.topics())
        .isEqualTo(
            new TopicNames(
                "eu-transactions",
                "stock",
                "eu-customers",
                "passed",
                "eu-verdicts.rejected",
                "letters"));
  }

  @Test
  void withoutBrokersThereIsNoDeployment() {
    assertThatThrownBy(() -> SamplerOptions.read(name -> ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--bootstrap-servers");
  }

  @Test
  void samplerPlanAndScriptPassEveryOneOn() throws IOException {
    JavaSamplerContext sampler =
        new JavaSamplerContext(new TransactionSampler().getDefaultParameters());
    String plan = Files.readString(MODULE.resolve("transactions.jmx"));
    List<String> script =
        Stream.of(Files.readString(MODULE.resolve("run")).split("[\\s|)]+")).toList();
    assertThat(SamplerOptions.all())
        .allSatisfy(
            option -> {
              String parameter = SamplerOptions.parameter(option);
              assertThat(sampler.containsParameter(parameter)).isTrue();
              assertThat(plan)
                  .contains(">" + parameter + "<")
                  .contains("${__P(turnstile." + parameter + ",");
              // The script itself says where these two are.
              if (!List.of("--scenario", "--ledger").contains(option.longestName())) {
                assertThat(script).contains(option.longestName());
              }
            });
  }
}
