package io.turnstile.bench.run;

import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedProcess;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.util.Arrays;
import java.util.List;

/** Testbeds that only note what is asked of them. */
public final class FakeTestbed {

  /** The only TaskManager. */
  public static final TestbedProcess TASK_MANAGER = TestbedProcess.taskManager(1);

  private FakeTestbed() {}

  /** Returns a testbed on which everything lives, and which adds its calls to a list. */
  public static Testbed notingIn(List<String> calls) {
    return (Testbed)
        Proxy.newProxyInstance(
            Testbed.class.getClassLoader(),
            new Class<?>[] {Testbed.class},
            (proxy, method, arguments) -> {
              if (method.getReturnType() == void.class) {
                calls.add(
                    method.getName()
                        + (arguments == null ? "" : " " + Arrays.asList(arguments).get(0)));
                return null;
              }
              return switch (method.getName()) {
                case "flinkUrl" -> URI.create("http://127.0.0.1:8081/");
                case "isAlive" -> true;
                case "taskManagers" -> List.of(TASK_MANAGER);
                default -> throw new UnsupportedOperationException(method.getName());
              };
            });
  }
}
