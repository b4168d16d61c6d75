package io.turnstile.testbed;

import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * The processes that one testbed has, alive or not, each with what controls it. Thread-safe.
 *
 * @param <P> controls one process
 */
public final class ProcessRegistry<P> {

  private final Map<TestbedProcess, P> processes = new ConcurrentHashMap<>();
  private final AtomicInteger taskManagers = new AtomicInteger();
  private final Predicate<P> isAlive;

  public ProcessRegistry(Predicate<P> isAlive) {
    this.isAlive = isAlive;
  }

  /** Adds a process, or puts it in another one's place; returns it. */
  public P put(TestbedProcess target, P process) {
    processes.put(target, process);
    return process;
  }

  /**
   * Finds the control of a process.
   *
   * @throws TestbedException if the testbed has no such process
   */
  public P get(TestbedProcess target) {
    P process = processes.get(target);
    if (process == null) {
      throw new TestbedException("this testbed has no " + target);
    }
    return process;
  }

  /** All processes as they are at the moment of asking. */
  public Collection<P> all() {
    return Collections.unmodifiableCollection(processes.values());
  }

  /** A TaskManager with a number that none had before; not registered yet. */
  public TestbedProcess newTaskManager() {
    return TestbedProcess.taskManager(taskManagers.incrementAndGet());
  }

  /** See {@link Testbed#taskManagers}. */
  public List<TestbedProcess> taskManagers() {
    return processes.entrySet().stream()
        .filter(each -> each.getKey().role() == TestbedProcess.Role.TASK_MANAGER)
        .filter(each -> isAlive.test(each.getValue()))
        .map(Map.Entry::getKey)
        .sorted(Comparator.comparingInt(TestbedProcess::number))
        .toList();
  }
}
