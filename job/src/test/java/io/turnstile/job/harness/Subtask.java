package io.turnstile.job.harness;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.io.disk.iomanager.IOManager;
import org.apache.flink.runtime.io.disk.iomanager.IOManagerAsync;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.metrics.groups.InternalOperatorMetricGroup;
import org.apache.flink.runtime.metrics.util.InterceptingOperatorMetricGroup;
import org.apache.flink.runtime.metrics.util.InterceptingTaskMetricGroup;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventHandler;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.heap.HeapKeyedStateBackend;
import org.apache.flink.state.rocksdb.RocksDBKeyedStateBackend;
import org.apache.flink.streaming.api.operators.BoundedMultiInput;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;

/** One subtask of an {@link OperatorUnderTest}: Flink's harness, for a keyed two-input factory. */
// Flink's harness throws anything on closing.
@SuppressWarnings("try")
final class Subtask<A, B, O> extends AbstractStreamOperatorTestHarness<O> {

  /** Shared, for starting and joining its threads would take longer than a test. */
  private static final IOManager IO =
      new IOManagerAsync() {
        @Override
        public void close() {}
      };

  /** Also keeps what is in a group of a key and a value, as {@code key.value.name}. */
  private static final class Metrics extends InterceptingOperatorMetricGroup {
    private final List<Histogram> ofStates = new ArrayList<>();
    private final List<Gauge<?>> ofReadings = new ArrayList<>();

    @Override
    public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
      if (name.endsWith("readingTopic")) {
        ofReadings.add(gauge);
      }
      return super.gauge(name, gauge);
    }

    @Override
    public MetricGroup addGroup(String key, String value) {
      return new UnregisteredMetricsGroup() {
        @Override
        public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
          return Metrics.this.gauge(key + "." + value + "." + name, gauge);
        }

        @Override
        public <H extends Histogram> H histogram(String name, H histogram) {
          if (key.equals("state_name")) {
            ofStates.add(histogram);
          }
          return histogram;
        }
      };
    }
  }

  private final MockEnvironment environment;
  private final Metrics metrics;

  private Subtask(
      OperatorUnderTest.Spec<A, B, O> spec,
      StateBackend backend,
      MockEnvironment environment,
      Metrics metrics)
      throws Exception {
    super(spec.factory(), environment);
    this.environment = environment;
    this.metrics = metrics;
    config.setStatePartitioner(0, spec.firstKey());
    config.setStatePartitioner(1, spec.secondKey());
    config.setStateKeySerializer(
        Types.STRING.createSerializer(executionConfig.getSerializerConfig()));
    config.setupNetworkInputs(
        spec.firstType().createSerializer(null), spec.secondType().createSerializer(null));
    config.serializeAllConfigs();
    setStateBackend(backend); // before setup(), else it has no effect
    setup(spec.outputType().createSerializer(null));
  }

  static <A, B, O> Subtask<A, B, O> create(
      OperatorUnderTest.Spec<A, B, O> spec, StateBackend backend, int parallelism, int index)
      throws Exception {
    Metrics metrics = new Metrics();
    MockEnvironment environment =
        new MockEnvironmentBuilder()
            .setJobID(new JobID())
            .setTaskName("test")
            .setIOManager(IO)
            .setManagedMemorySize(64 << 20)
            .setMaxParallelism(spec.maxParallelism())
            .setParallelism(parallelism)
            .setSubtaskIndex(index)
            .setMetricGroup(
                new InterceptingTaskMetricGroup() {
                  @Override
                  public InternalOperatorMetricGroup getOrAddOperator(
                      OperatorID id, String name, Map<String, String> variables) {
                    return metrics;
                  }
                })
            .build();
    environment
        .getJobConfiguration()
        .set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofSeconds(10));
    return new Subtask<>(spec, backend, environment, metrics);
  }

  void send1(A element) throws Exception {
    StreamRecord<A> record = new StreamRecord<>(element);
    TwoInputStreamOperator<A, B, O> twoInputs = twoInputs();
    twoInputs.setKeyContextElement1(record);
    twoInputs.processElement1(record);
  }

  void send2(B element) throws Exception {
    StreamRecord<B> record = new StreamRecord<>(element);
    TwoInputStreamOperator<A, B, O> twoInputs = twoInputs();
    twoInputs.setKeyContextElement2(record);
    twoInputs.processElement2(record);
  }

  void setTime(long epochMillis) throws Exception {
    setStateTtlProcessingTime(epochMillis);
    setProcessingTime(epochMillis);
  }

  int numTimers() {
    return numProcessingTimeTimers() + numEventTimeTimers();
  }

  void endInputs() throws Exception {
    ((BoundedMultiInput) operator).endInput(1);
    ((BoundedMultiInput) operator).endInput(2);
  }

  void finish() throws Exception {
    operator.finish();
  }

  void event(OperatorEvent event) {
    ((OperatorEventHandler) operator).handleOperatorEvent(event);
  }

  OperatorSubtaskState snapshot(long checkpointId) throws Exception {
    prepareSnapshotPreBarrier(checkpointId);
    return snapshot(checkpointId, getProcessingTime());
  }

  /** Runs the mails that have arrived, as the task thread does between two elements. */
  void runMails() throws Exception {
    for (Optional<Mail> mail = nextMail(); mail.isPresent(); mail = nextMail()) {
      mail.get().run();
    }
  }

  private Optional<Mail> nextMail() {
    return getTaskMailbox().tryTake(TaskMailbox.MIN_PRIORITY);
  }

  /** Takes the output since the last call. */
  List<O> take() {
    List<O> fresh = extractOutputValues();
    getOutput().clear();
    return fresh;
  }

  int stateEntries() throws Exception {
    if (getOperator().getKeyedStateBackend() instanceof RocksDBKeyedStateBackend<?> rocks) {
      // Timers count too, and are deleted in batches: a snapshot writes what is left of one.
      snapshot(0, getProcessingTime());
      return rocks.numKeyValueStateEntries();
    }
    return ((HeapKeyedStateBackend<?>) getOperator().getKeyedStateBackend())
        .numKeyValueStateEntries();
  }

  void compact(String... states) throws Exception {
    if (getOperator().getKeyedStateBackend() instanceof RocksDBKeyedStateBackend<?> rocks) {
      for (String state : states) {
        rocks.compactState(new ValueStateDescriptor<>(state, Types.STRING));
      }
    }
  }

  /** See {@link OperatorUnderTest#stateAccesses}. */
  long stateAccesses() {
    return metrics.ofStates.stream().mapToLong(Histogram::getCount).sum() * 2;
  }

  /** Whether a reference topic is being read beside the task. */
  boolean isReading() {
    return metrics.ofReadings.stream().anyMatch(gauge -> (Long) gauge.getValue() > 0);
  }

  long gauge(String name) {
    return (Long) ((Gauge<?>) metrics.get(name)).getValue();
  }

  /** Not {@link #close}, which finishes the operator first: a crash does not. */
  void stop() {
    try (environment) {
      processingTimeService.shutdownService();
      operator.close();
    } catch (Exception e) {
      throw new IllegalStateException("stopping a subtask", e);
    }
  }

  @SuppressWarnings("unchecked")
  private TwoInputStreamOperator<A, B, O> twoInputs() {
    return (TwoInputStreamOperator<A, B, O>) operator;
  }
}
