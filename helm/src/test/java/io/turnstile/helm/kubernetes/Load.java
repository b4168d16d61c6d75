package io.turnstile.helm.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A pod of the image that sends transactions, keeps the ledger of what is right for each, and
 * audits. It has the release's labels: its network policies let nobody else in.
 */
final class Load {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String POD = "load";
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int ENOUGH = 500;
  private static final int RATE = 200;

  private final Namespace namespace;
  private final String bootstrapServers;

  private Load(Namespace namespace, String bootstrapServers) {
    this.namespace = namespace;
    this.bootstrapServers = bootstrapServers;
  }

  /**
   * @param signingKey a private JWK that the job trusts
   */
  static Load start(Namespace namespace, String bootstrapServers, String signingKey) {
    namespace.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: load
          labels:
            app.kubernetes.io/name: turnstile
            app.kubernetes.io/instance: turnstile
        spec:
          automountServiceAccountToken: false
          enableServiceLinks: false
          terminationGracePeriodSeconds: 0
          securityContext:
            runAsNonRoot: true
            runAsUser: 9999
            runAsGroup: 9999
            fsGroup: 9999
            seccompProfile: {type: RuntimeDefault}
          containers:
            - name: load
              image: %s
              # Ends those that nobody waits for any more, which sleep alone would not.
              command: [bash, -c, sleep infinity & wait]
              resources:
                requests: {cpu: 100m, memory: 512Mi}
                limits: {memory: 1Gi}
              securityContext:
                allowPrivilegeEscalation: false
                capabilities: {drop: [ALL]}
              volumeMounts:
                - {name: scratch, mountPath: /scratch}
          volumes:
            - name: scratch
              emptyDir: {}
        """
            .formatted(Release.IMAGE));
    namespace.kubectl("wait", "pod/" + POD, "--for=condition=Ready", "--timeout=3m");
    Path laboratory = Path.of(System.getProperty("turnstile.home"), "benchmarks", "target");
    for (String file : new String[] {"turnstile-benchmarks.jar", "lib"}) {
      namespace.kubectl("cp", laboratory.resolve(file).toString(), POD + ":/scratch/" + file);
    }
    Load load = new Load(namespace, bootstrapServers);
    namespace.copyClass(Silence.class, POD);
    load.run("printf %s '" + signingKey.strip() + "' >/scratch/signing-key.json");
    return load;
  }

  /** Runs a script in the pod, which must succeed; returns what it printed. */
  String run(String script) {
    return tryRun(script).orFail().output();
  }

  Command tryRun(String script) {
    return namespace.tryKubectl("exec", POD, "--", "bash", "-c", script);
  }

  /**
   * Sends until {@link #endAndAudit}, and returns when some of it is sent. What a test before has
   * left running ends: its inputs are in no ledger.
   */
  void begin() {
    end();
    run("rm -f /scratch/ledger.csv; date --utc +%FT%TZ >/scratch/since");
    send(RATE);
  }

  /** Goes on at so many transactions per second; for a moment nothing is sent. */
  void setRate(int rate) {
    end();
    send(rate);
  }

  private void send(int rate) {
    run(
        """
        cd /scratch
        nohup java -Xmx256m -XX:+UseSerialGC -cp 'turnstile-benchmarks.jar:lib/*' io.turnstile.bench.Laboratory \
          simulate generate --bootstrap-servers=%s --signing-key=signing-key.json --ledger=ledger.csv \
          --rate=%d --customers=200 --products=200 --retry </dev/null >load.log 2>&1 &
        echo $! >pid
        """
            .formatted(bootstrapServers, rate));
    awaitMore();
  }

  private void end() {
    run(
        """
        cd /scratch
        if [[ -e pid ]] && kill $(cat pid) 2>/dev/null; then tail --pid=$(cat pid) -f /dev/null; fi
        if [[ -e reader ]]; then kill -- -$(cat reader) 2>/dev/null; fi
        rm -f pid reader
        """);
  }

  /** Some hundreds of transactions from now on. */
  void awaitMore() {
    long before = sent();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .failFast(
            () -> assertThat(tryRun("kill -0 $(cat /scratch/pid)").succeeded()).as(log()).isTrue())
        .until(() -> sent() > before + ENOUGH);
  }

  /** From now on a reader measures how long no verdict comes. */
  void watchSilence() {
    run(
        """
        cd /scratch
        if [[ -e reader ]]; then kill -- -$(cat reader) 2>/dev/null; fi
        echo 0 0 >silence
        # In a process group of its own, to end all of it.
        setsid bash -c '
          /opt/turnstile/bin/turnstile verdicts --follow --since=1s --bootstrap-servers=%s 2>reader.log |
            java -Xmx16m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp classes %s silence
          ' </dev/null >/dev/null 2>&1 &
        echo $! >reader
        """
            .formatted(bootstrapServers, Silence.class.getName()));
  }

  /** The longest time without a verdict so far, to the fifth of a second that the reader needs. */
  Duration longestSilence() {
    return Duration.ofMillis(silence(0));
  }

  /** Verdicts that come from now on: a silence that lasts is over, and counted. */
  void awaitVerdicts() {
    long before = silence(1);
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> silence(1) > before + ENOUGH);
  }

  private long silence(int part) {
    return Long.parseLong(run("cat /scratch/silence").strip().split(" ", 2)[part]);
  }

  /** What a GET of Flink's web interface answers. */
  JsonNode flink(String path) throws IOException {
    String answer =
        run(
            "exec 3<>/dev/tcp/turnstile-rest/8081; printf 'GET %s HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
                .formatted(path));
    return JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n")));
  }

  private String log() {
    return run("cat /scratch/load.log");
  }

  private long sent() {
    return Long.parseLong(run("cat /scratch/ledger.csv 2>/dev/null | wc -l").strip());
  }

  /**
   * Sends some more, ends, and has every transaction judged: none missing, none twice, none wrong.
   */
  void endAndAudit() {
    awaitMore();
    end();
    Command audit =
        tryRun(
            "/opt/turnstile/bin/turnstile audit --bootstrap-servers=%s --wait=2m --ledger=/scratch/ledger.csv --since=$(cat /scratch/since)"
                .formatted(bootstrapServers));
    assertThat(audit.exitCode()).as(audit.output() + audit.errors() + log()).isZero();
    assertThat(audit.output()).contains("PASS: ");
  }
}
