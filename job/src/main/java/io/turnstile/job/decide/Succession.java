package io.turnstile.job.decide;

import io.turnstile.job.validate.DecisionInput;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventGateway;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;

/**
 * The part of the turnstile that replaces another job: while its commit strategy stands by, it
 * drops inputs that the other job has decided and holds those that it has not. It takes over
 * together with all other subtasks, when the {@link StandbyCoordinator} says so. For the task
 * thread.
 */
final class Succession {

  private static final long LOOK_MILLIS = 100;

  /** Held inputs that are decided in one go: commits must be able to begin meanwhile. */
  private static final int DECIDED_AT_ONCE = 200;

  /** What the operator does with inputs. */
  interface Inputs {

    /** Returns whether it is decided, once for each time that it arrives. */
    boolean isDecided(DecisionInput input) throws Exception;

    /** Decides an input that was held. */
    void take(DecisionInput input) throws Exception;
  }

  private final boolean mayStandBy;
  private final CommitStrategy commit;
  private final OperatorEventGateway coordinator;
  private final Inputs inputs;
  private final ProcessingTimeService time;
  private final MailboxExecutor mailbox;

  /** Also runs the mails of the task, the coordinator's messages among them. */
  private final MailboxExecutor allMails;

  /** While inputs are held; null once they are decided as they come. */
  private volatile Standby standby;

  /** What the coordinator knows. */
  private final Set<StandbySignal> said = EnumSet.noneOf(StandbySignal.class);

  Succession(
      StreamOperatorParameters<?> parameters,
      boolean mayStandBy,
      CommitStrategy commit,
      OperatorEventGateway coordinator,
      Inputs inputs) {
    this.mayStandBy = mayStandBy;
    this.commit = commit;
    this.coordinator = coordinator;
    this.inputs = inputs;
    time = parameters.getProcessingTimeService();
    mailbox = parameters.getMailboxExecutor();
    allMails =
        parameters
            .getContainingTask()
            .getMailboxExecutorFactory()
            .createExecutor(TaskMailbox.MIN_PRIORITY);
  }

  /** Begins, when the commit strategy is open. */
  void open(MetricGroup metrics) {
    if (!mayStandBy) {
      return;
    }
    if (commit.standsBy()) {
      standby = new Standby(time.getCurrentProcessingTime());
      say(StandbySignal.STANDS_BY);
      look();
    } else {
      say(StandbySignal.TAKEN_OVER);
    }
    metrics.gauge("standingBy", () -> isOver() ? 0L : 1L);
    metrics.gauge("heldInStandby", this::held);
  }

  private long held() {
    Standby now = standby;
    return now == null ? 0 : now.size();
  }

  /** Returns whether inputs are to be decided as they come. */
  boolean isOver() {
    return standby == null;
  }

  /** Looks from time to time whether there is something to say. */
  private void look() {
    if (!commit.standsBy()) {
      return;
    }
    long now = time.getCurrentProcessingTime();
    if (standby.isReady(commit.behind(), now)) {
      say(StandbySignal.READY);
    }
    if (standby.isStuck(now)) {
      say(StandbySignal.FULL);
    }
    ScheduledFuture<?> unused = time.registerTimer(now + LOOK_MILLIS, at -> look());
  }

  /** Once. */
  private void say(StandbySignal signal) {
    if (said.add(signal)) {
      coordinator.sendEventToCoordinator(signal);
    }
  }

  /** Holds an input that has arrived, unless it is decided. */
  void hold(DecisionInput input) throws Exception {
    standby.arrived();
    if (inputs.isDecided(input)) {
      return;
    }
    standby.hold(input);
    while (commit.standsBy() && standby.isFull()) {
      // Until the other job has decided some, or all take over.
      // No checkpoint can come in between: the coordinator lets none be taken.
      allMails.yield();
    }
  }

  /** Holds an input that has waited, and is not decided. */
  void holdAgain(DecisionInput input) throws IOException {
    standby.hold(input);
  }

  /** Drops what is held and known to be decided by now. */
  void dropDecided() throws Exception {
    if (standby != null) {
      standby.removeDecided(inputs::isDecided);
    }
  }

  /** Takes a message of the coordinator. */
  void handle(OperatorEvent event) {
    if (event == StandbySignal.TAKE_OVER) {
      mailbox.execute(this::takeOver, "take over");
    }
  }

  private void takeOver() throws Exception {
    if (!commit.standsBy()) {
      return;
    }
    commit.takeOver();
    int decided = 0;
    for (DecisionInput held = standby.poll(); held != null; held = standby.poll()) {
      inputs.take(held);
      decided++;
      if (decided % DECIDED_AT_ONCE == 0) {
        runMails();
      }
    }
    standby = null;
    say(StandbySignal.TAKEN_OVER);
  }

  private void runMails() {
    boolean more = true;
    while (more) {
      more = mailbox.tryYield();
    }
  }
}
