package io.turnstile.bench.scenario;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JacksonInject;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.annotation.OptBoolean;
import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.annotation.EnumNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A load, what happens meanwhile, and what must come of it. Immutable.
 *
 * @param name of its file, without {@code .yaml}
 * @param faults in the order of time
 * @param objectives limits that a run has to keep
 * @param goals limits that are wished for: reported, but a run passes without them
 */
@RecordBuilder
public record Scenario(
    @JacksonInject(useInput = OptBoolean.FALSE) String name,
    String description,
    Procedure procedure,
    LoadProfile load,
    List<PlannedFault> faults,
    EngineSettings engine,
    Map<Metric, Double> objectives,
    Map<Metric, Double> goals,
    List<RatioLimit> ratios)
    implements ScenarioBuilder.With {

  /** The steps of a run; {@code open-loop} in scenario files. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum Procedure {
    /** Sends at the intended times, whatever comes back. */
    OPEN_LOOP,
    /** Drains a topic that was filled before, then looks for the highest rate that holds. */
    SATURATION,
    /** Publishes products, and waits until the last takes effect. */
    INVENTORY_EXPORT,
    /** Asks a gateway in a closed loop, with more users from stage to stage. */
    HTTP_USERS,
    /** Sends at the intended times, beside twelve feeds. */
    FEEDS
  }

  /** A fault to be inflicted on a run. */
  public enum Fault {
    /** SIGKILL to the process that decides; another one is started at once. */
    KILL_TASKMANAGER,
    /**
     * The process that decides is frozen; another one is started at once; then the frozen one is
     * resumed and finds itself replaced.
     */
    PAUSE_TASKMANAGER,
    /** SIGKILL to Flink's JobManager; another one is started and given the newest checkpoint. */
    KILL_JOBMANAGER,
    /**
     * The process that decides loses the broker for a while, and nothing else. On containers only.
     */
    CUT_FROM_BROKER,
    /** The broker is killed and, after a while, started again. */
    STOP_BROKER,
    /** The server of the token keys takes connections and answers none, for a while. */
    PAUSE_KEY_SERVER,
    /**
     * No fault: the job is replaced by another one of the same build, which starts beside it.
     * Turnstile in Kafka only.
     */
    UPGRADE,
    /** As an upgrade, with another parallelism. */
    RESCALE,
    /** The source of a feed closes connections without an answer, for a while. */
    FEED_DOWN,
    /** The source of another feed takes 10 s for each page, for a while. */
    FEED_SLOW,
    /** The source of a third feed repeats pages and skips them, for a while. */
    FEED_LYING;

    /** Returns its name in scenario files: {@code kill-taskmanager}. */
    @JsonValue
    public String key() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns the fault of a {@link #key}. */
    public static Fault of(String key) {
      return valueOf(key.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /** Tells whether it is of a feed, and not of the engine. */
    public boolean isOfFeeds() {
      return this == FEED_DOWN || this == FEED_SLOW || this == FEED_LYING;
    }
  }

  /**
   * A fault on the timeline, at a time since the measured part of the run began. The length is zero
   * for what needs no lifting, and for the fault's usual length.
   *
   * @param to the new parallelism, of {@link Fault#RESCALE}; null for the others
   */
  public record PlannedFault(
      Duration at, Fault fault, @JsonProperty("for") Duration length, Integer to) {

    /** Requires a time and a fault. */
    public PlannedFault {
      Check.required("at", at);
      Check.required("fault", fault);
      length = requireNonNullElse(length, Duration.ZERO);
      Check.that(
          (to != null) == (fault == Fault.RESCALE), "to: rescale needs it, and no other fault");
    }

    public PlannedFault(Duration at, Fault fault, Duration length) {
      this(at, fault, length, null);
    }
  }

  /**
   * A bound on the ratio of one engine's metric to another's. Each metric is the median over the
   * engine's repeats: engines take turns, so that what slows one down slows down the other.
   *
   * @param figure the metric's key, as {@code committed_p50_ms}
   * @param atMost the highest ratio; null for any, as the lowest
   * @param goal true for a bound that is wished for, not promised
   */
  public record RatioLimit(
      String figure, String of, String to, Double atMost, Double atLeast, boolean goal) {

    /** The metrics that engines are compared by. */
    public static final Set<Metric> METRICS =
        EnumSet.of(
            Metric.COMMITTED_P50_MS,
            Metric.COMMITTED_P95_MS,
            Metric.COMMITTED_P99_MS,
            Metric.COMMITTED_P999_MS,
            Metric.STEADY_AFTER_S,
            Metric.DRAIN_PER_S);

    /** Fills in the default and rejects what says nothing. */
    public RatioLimit {
      Check.required("figure", figure);
      of = requireNonNullElse(of, "turnstile");
      Check.required("to", to);
      Check.that(atMost != null || atLeast != null, "at_most or at_least is required");
      Check.above0("at_most", atMost, null);
      Check.above0("at_least", atLeast, null);
    }
  }

  /** Fills in the defaults, copies the collections and rejects what cannot work. */
  public Scenario {
    Check.required("description", description);
    description = Check.matches("description", "(?s).*\\S.*", description, "").strip();
    procedure = requireNonNullElse(procedure, Procedure.OPEN_LOOP);
    Check.required("load", load);
    faults =
        requireNonNullElse(faults, List.<PlannedFault>of()).stream()
            .sorted(Comparator.comparing(PlannedFault::at))
            .toList();
    engine = requireNonNullElse(engine, EngineSettings.DEFAULT);
    objectives = Map.copyOf(Check.required("objectives", objectives));
    goals = Map.copyOf(requireNonNullElse(goals, Map.of()));
    ratios = List.copyOf(requireNonNullElse(ratios, List.of()));
    Check.that(
        (procedure == Procedure.HTTP_USERS) != load.users().isEmpty(),
        "load/users: the procedure http-users has them, and no other one");
    Check.that(
        !load.isOverHttp() || !engine.onContainers(),
        "load/connections: there is no gateway on containers");
    List<Fault> kinds = faults.stream().map(PlannedFault::fault).toList();
    Check.that(
        procedure == Procedure.FEEDS || kinds.stream().noneMatch(Fault::isOfFeeds),
        "faults: those of feeds need procedure feeds");
    for (PlannedFault fault : faults) {
      Check.that(
          fault.to() == null || (fault.to() >= 1 && fault.to() <= engine.lanes()),
          "faults: rescale is from 1 to the number of lanes (" + engine.lanes() + ")");
    }
    Check.that(
        engine.onContainers() || !kinds.contains(Fault.CUT_FROM_BROKER),
        "faults: cut-from-broker needs engine.testbed containers");
    Check.that(
        !engine.onContainers() || !kinds.contains(Fault.PAUSE_KEY_SERVER),
        "faults: pause-key-server needs engine.testbed processes");
  }

  /** The p99 limit, in milliseconds, at which latency counts as normal again after a fault. */
  public double p99LimitMs() {
    return objectives.getOrDefault(
        Metric.COMMITTED_P99_MS, objectives.getOrDefault(Metric.UNDISTURBED_P99_MS, 200.0));
  }
}
