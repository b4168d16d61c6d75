package io.turnstile.clients;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.function.Function;

/** Runs a job's JAR on a cluster: uploads it, calls its main method, deletes the upload. */
final class FlinkSubmission {

  /** By which a main method knows that its job is to be restored; nothing is read there. */
  private static final String RESTORED_FROM = "execution.state-recovery.path";

  private final FlinkHttp http;

  FlinkSubmission(FlinkHttp http) {
    this.http = http;
  }

  /** Returns the job's id; see {@link FlinkRest#submit}. */
  String submit(JobSubmission submission) {
    return withUpload(submission, jarId -> run(jarId, submission));
  }

  /** Returns the slots that the job needs; see {@link FlinkRest#slots}. */
  int slots(JobSubmission submission) {
    return withUpload(submission, jarId -> slots(jarId, submission));
  }

  private <T> T withUpload(JobSubmission submission, Function<String, T> action) {
    String jarId = upload(submission.jar());
    try {
      return action.apply(jarId);
    } finally {
      delete(jarId);
    }
  }

  /** Uploads a JAR and returns the id that Flink gave it. */
  private String upload(Path jar) {
    String boundary = "turnstile-" + UUID.randomUUID();
    String head =
        "--%s\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\"%s\"\r\nContent-Type: application/x-java-archive\r\n\r\n"
            .formatted(boundary, jar.getFileName());
    try {
      if (!Files.isReadable(jar)) {
        throw new FlinkRestException(0, jar + " cannot be read; build the job's JAR first");
      }
      String file =
          http.post(
                  "jars/upload",
                  "multipart/form-data; boundary=" + boundary,
                  BodyPublishers.concat(
                      BodyPublishers.ofString(head),
                      BodyPublishers.ofFile(jar),
                      BodyPublishers.ofString("\r\n--" + boundary + "--\r\n")))
              .path("filename")
              .asText();
      return file.substring(file.lastIndexOf('/') + 1);
    } catch (IOException e) {
      throw new FlinkRestException("cannot read " + jar + ": " + e.getMessage(), e);
    }
  }

  private String run(String jarId, JobSubmission submission) {
    ObjectNode body = program(submission);
    submission
        .restoreFrom()
        .ifPresent(path -> body.put("savepointPath", path).put("claimMode", "NO_CLAIM"));
    return http.post("jars/" + jarId + "/run", body).path("jobid").asText();
  }

  private int slots(String jarId, JobSubmission submission) {
    ObjectNode body = program(submission);
    submission
        .restoreFrom()
        .ifPresent(path -> body.putObject("flinkConfiguration").put(RESTORED_FROM, path));
    JsonNode plan = http.post("jars/" + jarId + "/plan", body).path("plan");
    return FlinkHttp.stream(plan.path("nodes"))
        .mapToInt(node -> node.path("parallelism").asInt())
        .max()
        .orElseThrow(() -> new FlinkRestException(0, "Flink knows no plan of the job"));
  }

  private static ObjectNode program(JobSubmission submission) {
    ObjectNode body = FlinkHttp.object();
    ArrayNode arguments = body.putArray("programArgsList");
    submission.arguments().forEach(arguments::add);
    submission.parallelism().ifPresent(parallelism -> body.put("parallelism", parallelism));
    return body;
  }

  private void delete(String jarId) {
    try {
      http.delete("jars/" + jarId);
    } catch (FlinkRestException e) {
      // Flink keeps a file that it no longer needs; whether the job was accepted is what counts.
    }
  }
}
