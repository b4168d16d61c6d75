package io.turnstile.bench.engine;

import io.turnstile.bench.scenario.EngineSettings;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.TokenClaims;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.testbed.JobAdditions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The engine of a deployment that runs already and is not ours: it gets load, and nothing else is
 * done to it.
 *
 * @param kafka with topics that exist
 * @param signingKey private JWK that its tokens are signed with
 * @param tokenClaims what its tokens say besides
 * @param additions what its job adds to verdicts
 * @param flink REST API of its Flink cluster; empty if there is none to ask
 */
public record LiveEngine(
    KafkaConnection kafka,
    Path signingKey,
    TokenClaims tokenClaims,
    JobAdditions additions,
    Optional<FlinkRest> flink)
    implements Engine {

  /** Its name in results, and the kind of its deployment. */
  public static final String NAME = "live";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "a deployment that runs already";
  }

  @Override
  public Deployment deploy(EngineSettings settings, Path base, Path keys) {
    return new Deployment(kafka, signingKey, tokenClaims, NAME, null, this::find);
  }

  /**
   * @throws IOException if Flink runs no job, or several
   */
  private RunningEngine find() throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("bootstrap servers", kafka.bootstrapServers());
    settings.put("transactions topic", kafka.topics().transactions());
    if (flink.isEmpty()) {
      return new Live(additions, Optional.empty(), settings);
    }
    FlinkRest rest = flink.get();
    settings.put("flink", rest.uri().toString());
    List<FlinkRest.Job> running = rest.jobs().stream().filter(job -> !job.isTerminal()).toList();
    if (running.size() != 1) {
      throw new IOException(
          "Flink at %s runs %d jobs; it must be the one to be measured"
              .formatted(rest.uri(), running.size()));
    }
    return new Live(additions, Optional.of(new FlinkJob(rest, running.get(0).id())), settings);
  }

  private record Live(
      JobAdditions additions, Optional<FlinkJob> flinkJob, Map<String, String> settings)
      implements RunningEngine {

    @Override
    public void close() {
      // It was there before.
    }
  }
}
