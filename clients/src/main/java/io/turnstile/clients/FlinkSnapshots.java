package io.turnstile.clients;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;

/** Has a job take savepoints and checkpoints, and waits for them. */
final class FlinkSnapshots {

  /** The format that every state backend can restore. */
  static final String CANONICAL = "CANONICAL";

  /** The state backend's own format. */
  static final String NATIVE = "NATIVE";

  private final FlinkHttp http;

  FlinkSnapshots(FlinkHttp http) {
    this.http = http;
  }

  /** Returns the savepoint's path; the job may not have ended yet. */
  String stopWithSavepoint(String jobId, Duration timeout) {
    return savepoint(jobId, "stop", FlinkHttp.object().put("drain", false), timeout);
  }

  /** Returns the savepoint's path. */
  String savepoint(String jobId, String format, Duration timeout) {
    ObjectNode body = FlinkHttp.object().put("cancel-job", false).put("formatType", format);
    return savepoint(jobId, "savepoints", body, timeout);
  }

  private String savepoint(String jobId, String operation, ObjectNode body, Duration timeout) {
    String trigger = http.post("jobs/" + jobId + "/" + operation, body).path("request-id").asText();
    return await("jobs/" + jobId + "/savepoints/" + trigger, "savepoint", timeout)
        .path("location")
        .asText();
  }

  /** Returns the checkpoint's id. */
  long checkpoint(String jobId, Duration timeout) {
    ObjectNode body = FlinkHttp.object().put("checkpointType", "CONFIGURED");
    String trigger = http.post("jobs/" + jobId + "/checkpoints", body).path("request-id").asText();
    return await("jobs/" + jobId + "/checkpoints/" + trigger, "checkpoint", timeout)
        .path("checkpointId")
        .asLong();
  }

  private JsonNode await(String path, String what, Duration timeout) {
    JsonNode[] answer = new JsonNode[1];
    Await.until(
        timeout,
        () -> {
          answer[0] = http.get(path);
          return !answer[0].path("status").path("id").asText().equals("IN_PROGRESS");
        },
        () -> new FlinkRestException(0, "no " + what + " within " + timeout.toSeconds() + " s"));
    JsonNode operation = answer[0].path("operation");
    JsonNode failure =
        operation.path(operation.has("failureCause") ? "failureCause" : "failure-cause");
    if (failure.isObject()) {
      throw new FlinkRestException(
          0, what + " failed: " + FlinkHttp.innermostMessage(failure.path("stack-trace").asText()));
    }
    return operation;
  }
}
