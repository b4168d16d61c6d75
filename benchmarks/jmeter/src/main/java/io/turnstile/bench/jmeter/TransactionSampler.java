package io.turnstile.bench.jmeter;

import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.ScenarioException;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.TokenIssuer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.jmeter.config.Arguments;
import org.apache.jmeter.protocol.java.sampler.AbstractJavaSamplerClient;
import org.apache.jmeter.protocol.java.sampler.JavaSamplerContext;
import org.apache.jmeter.samplers.SampleResult;
import org.apache.jmeter.threads.JMeterContextService;
import org.apache.jorphan.util.JMeterStopThreadException;

/**
 * A sampler for JMeter's <em>Java Request</em>. Each sample is a transaction of a scenario's load:
 * it begins when the transaction was meant to be sent, and ends with its committed verdict, whose
 * outcome is the response code. It fails if none comes within 30 s. The audit says by the ledger if
 * the verdicts are right.
 */
public final class TransactionSampler extends AbstractJavaSamplerClient {

  private static final String SCENARIO = "scenario";
  private static final String BOOTSTRAP_SERVERS = "bootstrap_servers";
  private static final String SIGNING_KEY = "signing_key";
  private static final String LEDGER = "ledger";
  private static final String RATE = "rate";

  private static final String LABEL = "transaction";

  /** One for all threads of a test; the next test has another. */
  private static LoadSession session;

  private static long testOfSession;
  private static int users;

  private LoadSession mine;

  @Override
  public Arguments getDefaultParameters() {
    Arguments arguments = new Arguments();
    arguments.addArgument(SCENARIO, "", "", "Scenario file: what is sent, and for how long.");
    for (KafkaParameters.Parameter kafka : KafkaParameters.all()) {
      String usual = kafka.name().equals(BOOTSTRAP_SERVERS) ? "localhost:9092" : "";
      arguments.addArgument(kafka.name(), usual, "", kafka.description());
    }
    arguments.addArgument(
        SIGNING_KEY, "", "", "File of the private JWK that tokens are signed with.");
    arguments.addArgument(LEDGER, "ledger.csv", "", "File, gets what is expected of each input.");
    arguments.addArgument(
        RATE, "", "", "Per second, all threads together; empty: the scenario's, 0: no limit.");
    return arguments;
  }

  @Override
  public void setupTest(JavaSamplerContext context) {
    try {
      mine = acquire(context);
    } catch (IOException | ScenarioException | IllegalArgumentException e) {
      getNewLogger().error("No load: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static synchronized LoadSession acquire(JavaSamplerContext context)
      throws IOException, InterruptedException, ScenarioException {
    long test = JMeterContextService.getTestStartTime();
    if (session == null || testOfSession != test) {
      session = open(context);
      testOfSession = test;
    }
    users++;
    return session;
  }

  private static LoadSession open(JavaSamplerContext context)
      throws IOException, InterruptedException, ScenarioException {
    Scenario scenario = Scenarios.read(Path.of(context.getParameter(SCENARIO)), Engines.names());
    KafkaOptions kafka = KafkaParameters.read(name -> context.getParameter(name, ""));
    String rate = context.getParameter(RATE, "");
    return new LoadSession(
        new KafkaConnection(kafka.bootstrapServers(), kafka.clientProperties(), kafka.topics()),
        scenario.load(),
        rate.isEmpty() ? scenario.load().meanRate() : Double.parseDouble(rate),
        TokenIssuer.load(
            Path.of(context.getParameter(SIGNING_KEY)), scenario.load().tokenLifetime()),
        Path.of(context.getParameter(LEDGER)));
  }

  @Override
  public SampleResult runTest(JavaSamplerContext context) {
    if (mine == null) {
      return failed("the load could not be set up; JMeter's log says why");
    }
    try {
      LoadSession.Exchange exchange = mine.exchange();
      if (exchange == null) {
        throw new JMeterStopThreadException("the load is over");
      }
      long end = System.currentTimeMillis() - millis(System.nanoTime() - exchange.doneNanos());
      SampleResult result =
          SampleResult.createTestSample(
              end - millis(exchange.doneNanos() - exchange.intendedNanos()), end);
      result.setSampleLabel(LABEL);
      result.setSuccessful(exchange.outcome() != null);
      result.setResponseCode(exchange.outcome() == null ? "no verdict" : exchange.outcome());
      return result;
    } catch (JMeterStopThreadException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      return failed(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed("the test was ended");
    }
  }

  private static long millis(long nanos) {
    return Math.round((double) nanos / TimeUnit.MILLISECONDS.toNanos(1));
  }

  private static SampleResult failed(String why) {
    SampleResult result = new SampleResult();
    result.sampleStart();
    result.sampleEnd();
    result.setSampleLabel(LABEL);
    result.setSuccessful(false);
    result.setResponseCode("error");
    result.setResponseMessage(why);
    return result;
  }

  @Override
  public void teardownTest(JavaSamplerContext context) {
    if (mine != null) {
      mine = null;
      release();
    }
  }

  private static synchronized void release() {
    users--;
    if (users == 0) {
      try {
        session.close();
      } catch (IOException e) {
        throw new IllegalStateException("the ledger could not be written: " + e.getMessage(), e);
      } finally {
        session = null;
      }
    }
  }
}
