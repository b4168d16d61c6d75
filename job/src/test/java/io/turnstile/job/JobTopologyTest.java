package io.turnstile.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.reference.Reference;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.Customer;
import io.turnstile.events.Outcome;
import io.turnstile.events.Product;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.commit.checkpoint.CheckpointCommit;
import io.turnstile.job.decide.DecisionOperatorFactory;
import io.turnstile.job.decide.DecisionSettings;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.enrich.WaitSettings;
import io.turnstile.job.harness.EmptyReferenceTopic;
import io.turnstile.job.harness.Samples;
import io.turnstile.job.harness.TokenIssuer;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.ReferenceKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole job but Kafka, in a real Flink runtime, on bounded inputs. */
class JobTopologyTest {

  private static final long NOW = 1_800_000_000_000L;

  /** Longer than the test may take: what waits must be decided at the end of input. */
  private static final WaitSettings WAIT =
      new WaitSettings(Duration.ofHours(1), Duration.ofMinutes(1));

  @TempDir private static Path directory;

  private final List<InputRecord> inputs = new ArrayList<>();

  @Test
  @Timeout(120)
  void everyInputGetsItsVerdict() throws Exception {
    TokenIssuer issuer = new TokenIssuer(directory);
    String token = issuer.token("customer", NOW + 60_000);
    add(encoded("a", "customer", "product-0", 1, token));
    add(encoded("a", "customer", "product-0", 1, token));
    add(encoded("b", "customer", "nowhere", 1, token));
    add(encoded("c", "another", "product-0", 1, token));
    add(encoded("d", "customer", "product-0", 1, issuer.token("customer", NOW - 60_000)));
    addWithHeader("{".getBytes(UTF_8));
    add(null);
    for (int i = 0; i < 100; i++) {
      add(encoded("many-" + i, "customer", "product-" + i % 10, 100 + i, token));
    }

    Map<Long, Verdict> verdicts = run(issuer);

    assertThat(verdicts).hasSameSizeAs(inputs);
    assertThat(List.of(outcome(verdicts.get(0L)), outcome(verdicts.get(1L))))
        .containsExactlyInAnyOrder("ACCEPTED", "DUPLICATE_ID");
    assertThat(outcome(verdicts.get(2L))).isEqualTo("UNKNOWN_PRODUCT");
    assertThat(outcome(verdicts.get(3L))).isEqualTo("TOKEN_SUBJECT_MISMATCH");
    assertThat(outcome(verdicts.get(4L))).isEqualTo("TOKEN_EXPIRED");
    assertThat(outcome(verdicts.get(5L))).isEqualTo("MALFORMED_JSON");
    assertThat(verdicts.get(5L).value()).isEqualTo(inputs.get(5).value());
    assertThat(verdicts.get(5L).inputHeaders())
        .as("over all exchanges")
        .isEqualTo(new RecordHeaders().add("input.trace", new byte[] {1}));
    assertThat(outcome(verdicts.get(6L))).isEqualTo("MALFORMED_JSON");
    assertThat(verdicts.get(6L).value()).isNull();
    for (long i = 7; i < inputs.size(); i++) {
      assertThat(outcome(verdicts.get(i))).isEqualTo("ACCEPTED");
    }
  }

  @Test
  @Timeout(120)
  void acceptedVerdictsHoldWhatIsNamed() throws Exception {
    TokenIssuer issuer = new TokenIssuer(directory);
    String token = issuer.token("customer", NOW + 60_000);
    byte[] plain = encoded("a", "customer", "product-3", 1, token);
    add(("{\"channel\":\"web\"," + new String(plain, UTF_8).substring(1)).getBytes(UTF_8));
    add(encoded("b", "customer", "product-4", 2, token));

    Map<Long, Verdict> verdicts =
        run(
            issuer,
            List.of(
                reference("tariff", KeyedBy.PRODUCT, "product-3"),
                reference("risk", KeyedBy.CUSTOMER, "customer")),
            CarriedFields.of(List.of("channel")));

    assertThat(new String(verdicts.get(0L).value(), UTF_8))
        .endsWith(
            "\"references\":{\"tariff\":{\"id\":\"product-3\",\"version\":7},"
                + "\"risk\":{\"id\":\"customer\",\"version\":7}},"
                + "\"extra\":{\"channel\":\"web\"}}");
    assertThat(outcome(verdicts.get(1L))).as("without the tariff").isEqualTo("UNKNOWN_REFERENCE");
  }

  /** Required, of one record. */
  private static Function<StreamExecutionEnvironment, JobTopology.Named> reference(
      String name, KeyedBy key, String id) {
    return environment ->
        new JobTopology.Named(
            Samples.reference(name, key, true, WAIT, new EmptyReferenceTopic<>()),
            environment.fromData(
                List.of(Samples.documentAt(0, 0, id, 7)), ReferenceKind.OF_PRODUCT.type()));
  }

  private Map<Long, Verdict> run(TokenIssuer issuer) throws Exception {
    return run(issuer, List.of(), CarriedFields.NONE);
  }

  private Map<Long, Verdict> run(
      TokenIssuer issuer,
      List<Function<StreamExecutionEnvironment, JobTopology.Named>> references,
      CarriedFields carried)
      throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(PipelineOptions.GENERIC_TYPES, false);
    configuration.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(2, configuration);
    List<Reference<Product>> products = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      products.add(Samples.productAt(0, i, "product-" + i, 1));
    }
    DedupSettings dedup =
        new DedupSettings(Duration.ofHours(1), Duration.ofMinutes(10), Duration.ofHours(1));
    List<JobTopology.Named> named =
        references.stream().map(each -> each.apply(environment)).toList();
    var verdicts =
        JobTopology.verdicts(
            new JobTopology.Inputs(
                environment.fromData(inputs, InputRecord.TYPE),
                environment.fromData(products, ReferenceKind.PRODUCT.type()),
                environment.fromData(
                    List.of(Samples.customerAt(0, 0, "customer", 1)),
                    ReferenceKind.CUSTOMER.type()),
                new EmptyReferenceTopic<>(),
                () -> Map.of("transactions", "id"),
                named,
                carried),
            issuer.settings(),
            WAIT,
            new DecisionOperatorFactory(
                new DecisionSettings(dedup, false, WAIT, Duration.ofHours(1), false),
                new EmptyReferenceTopic<Customer>(),
                named.stream()
                    .map(JobTopology.Named::settings)
                    .filter(each -> each.spec().keyedBy() == KeyedBy.CUSTOMER)
                    .toList(),
                CheckpointCommit::new),
            4);
    Map<Long, Verdict> byOffset = new TreeMap<>();
    for (Verdict verdict : verdicts.executeAndCollect(10 * inputs.size())) {
      assertThat(byOffset.put(verdict.position().offset(), verdict)).isNull();
    }
    return byOffset;
  }

  private void add(byte[] value) {
    SourcePosition position = new SourcePosition("transactions", 0, inputs.size());
    inputs.add(new InputRecord(position, NOW, null, value));
  }

  private void addWithHeader(byte[] value) {
    SourcePosition position = new SourcePosition("transactions", 0, inputs.size());
    RecordHeaders headers = new RecordHeaders();
    headers.add("trace", new byte[] {1});
    inputs.add(new InputRecord(position, NOW, null, value, headers));
  }

  private static byte[] encoded(
      String id, String customer, String product, long amount, String token) {
    return TransactionCodec.encode(
        new Transaction(id, customer, product, 1, amount, "EUR", NOW, token));
  }

  private static String outcome(Verdict verdict) {
    if (verdict.outcome() == Outcome.REJECTED) {
      return VerdictCodec.decodeRejected(verdict.value()).reason().name();
    }
    return verdict.outcome() == Outcome.ACCEPTED ? "ACCEPTED" : verdict.errorCode();
  }
}
