package io.turnstile.bench.result;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * One run of one scenario on one engine. Immutable.
 *
 * @param scenario the scenario's name
 * @param engine the engine's name, as {@code turnstile}
 * @param passed whether the run ended of itself, its audit holds, and all objectives that are not
 *     mere goals were met
 * @param repeat from 1, which of the repeats this is; 0 in results that do not say
 * @param startedAt when the run began
 * @param command the command line that made the run
 * @param interrupted whether the user ended the run before its time
 * @param failure why the run could not be finished, one line; null if it could
 * @param settings the engine's settings, by name; all that it takes to build the same again
 * @param shares success, errors and availability
 * @param leaks of a soak, whether memory or anything else grew
 * @param search of a saturation, the rates tried for the highest that holds the objective
 * @param figures what only this scenario measures
 * @param profile of a profiled run, where the CPU went in the process that decides
 * @param flameGraphs of a profiled run, of each process
 * @param ratios what the scenario wants of engines beside each other
 * @param notes what else a reader should know, one line each
 */
@JsonPropertyOrder({"scenario", "engine", "passed"})
public record RunResult(
    String scenario,
    String engine,
    boolean passed,
    int repeat,
    Instant startedAt,
    String command,
    boolean interrupted,
    String failure,
    Environment environment,
    Map<String, String> settings,
    Load load,
    Throughput throughput,
    Latency latencyMs,
    AuditResult audit,
    Shares shares,
    List<FaultResult> faults,
    List<ProcessResources> resources,
    List<CheckpointResult> checkpoints,
    ConsumerLag consumerLag,
    LeakResult leaks,
    List<RateStep> search,
    List<Figure> figures,
    ProfileResult profile,
    List<FlameGraphFile> flameGraphs,
    List<Objective> objectives,
    List<RatioLimit> ratios,
    List<String> notes) {

  public RunResult {
    settings = Absent.asEmpty(settings);
    faults = Absent.asEmpty(faults);
    resources = Absent.asEmpty(resources);
    checkpoints = Absent.asEmpty(checkpoints);
    search = Absent.asEmpty(search);
    figures = Absent.asEmpty(figures);
    flameGraphs = Absent.asEmpty(flameGraphs);
    objectives = Absent.asEmpty(objectives);
    ratios = Absent.asEmpty(ratios);
    notes = Absent.asEmpty(notes);
  }

  public static Builder builder(String scenario, String engine) {
    return new Builder(scenario, engine);
  }

  /** Whether it ran to its end and its audit is clean, whatever its speed. */
  public boolean sound() {
    return isSound(failure, interrupted, audit);
  }

  private static boolean isSound(String failure, boolean interrupted, AuditResult audit) {
    return failure == null && !interrupted && audit != null && audit.passed();
  }

  /** Collects the parts of a result in any order. Not thread-safe. */
  public static final class Builder {

    private final String scenario;
    private final String engine;
    private int repeat = 1;
    private Instant startedAt;
    private String command;
    private boolean interrupted;
    private String failure;
    private Environment environment;
    private Map<String, String> settings;
    private Load load;
    private Throughput throughput;
    private Latency latencyMs;
    private AuditResult audit;
    private Shares shares;
    private List<FaultResult> faults;
    private List<ProcessResources> resources;
    private List<CheckpointResult> checkpoints;
    private ConsumerLag consumerLag;
    private LeakResult leaks;
    private List<RateStep> search;
    private List<Figure> figures;
    private ProfileResult profile;
    private List<FlameGraphFile> flameGraphs;
    private List<Objective> objectives;
    private List<RatioLimit> ratios;
    private List<String> notes;

    private Builder(String scenario, String engine) {
      this.scenario = scenario;
      this.engine = engine;
    }

    public Builder repeat(int value) {
      repeat = value;
      return this;
    }

    public Builder startedAt(Instant value) {
      startedAt = value;
      return this;
    }

    public Builder command(String value) {
      command = value;
      return this;
    }

    public Builder interrupted(boolean value) {
      interrupted = value;
      return this;
    }

    public Builder failure(String value) {
      failure = value;
      return this;
    }

    public Builder environment(Environment value) {
      environment = value;
      return this;
    }

    public Builder settings(Map<String, String> value) {
      settings = value;
      return this;
    }

    public Builder load(Load value) {
      load = value;
      return this;
    }

    public Builder throughput(Throughput value) {
      throughput = value;
      return this;
    }

    public Builder latencyMs(Latency value) {
      latencyMs = value;
      return this;
    }

    public Builder audit(AuditResult value) {
      audit = value;
      return this;
    }

    public Builder shares(Shares value) {
      shares = value;
      return this;
    }

    public Builder faults(List<FaultResult> value) {
      faults = value;
      return this;
    }

    public Builder resources(List<ProcessResources> value) {
      resources = value;
      return this;
    }

    public Builder checkpoints(List<CheckpointResult> value) {
      checkpoints = value;
      return this;
    }

    public Builder consumerLag(ConsumerLag value) {
      consumerLag = value;
      return this;
    }

    public Builder leaks(LeakResult value) {
      leaks = value;
      return this;
    }

    public Builder search(List<RateStep> value) {
      search = value;
      return this;
    }

    public Builder figures(List<Figure> value) {
      figures = value;
      return this;
    }

    public Builder profile(ProfileResult value) {
      profile = value;
      return this;
    }

    public Builder flameGraphs(List<FlameGraphFile> value) {
      flameGraphs = value;
      return this;
    }

    public Builder objectives(List<Objective> value) {
      objectives = value;
      return this;
    }

    public Builder ratios(List<RatioLimit> value) {
      ratios = value;
      return this;
    }

    public Builder notes(List<String> value) {
      notes = value;
      return this;
    }

    /** The result, which says of itself whether it {@linkplain RunResult#passed() passed}. */
    public RunResult build() {
      boolean passed =
          isSound(failure, interrupted, audit)
              && Absent.asEmpty(objectives).stream().allMatch(o -> o.met() || o.goal());
      return new RunResult(
          scenario,
          engine,
          passed,
          repeat,
          startedAt,
          command,
          interrupted,
          failure,
          environment,
          settings,
          load,
          throughput,
          latencyMs,
          audit,
          shares,
          faults,
          resources,
          checkpoints,
          consumerLag,
          leaks,
          search,
          figures,
          profile,
          flameGraphs,
          objectives,
          ratios,
          notes);
    }
  }
}
