package io.turnstile.systemtests;

import io.turnstile.events.TopicNames;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * A broker's second listener, for which one needs a password (SASL/SCRAM over TLS), and where
 * nobody may do what is not allowed by name. The first one stays open, to its administrator.
 */
final class SecuredKafka {

  private static final String HOST = "127.0.0.1";
  private static final String MECHANISM = "SCRAM-SHA-512";
  private static final String LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule";
  private static final int ITERATIONS = 4096;

  private final int openPort = freePort();
  private final int controllerPort = freePort();
  private final int port = freePort();
  private final Path keys;
  private final Path certificate;
  private final String keysPassword = newSecret();
  private final Map<String, String> passwords = new HashMap<>();

  /**
   * Makes the broker's key and its certificate.
   *
   * @param directory which the broker can read
   */
  SecuredKafka(Path directory) throws Exception {
    keys = directory.resolve("broker.p12");
    certificate = directory.resolve("broker.pem");
    keytool(
        "-genkeypair -alias broker -keyalg EC -dname CN=broker -ext SAN=ip:" + HOST,
        "-storetype",
        "PKCS12");
    keytool("-exportcert -rfc -alias broker", "-file", certificate.toString());
  }

  private void keytool(String command, String... more) throws Exception {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    words.addAll(List.of(command.split(" ")));
    words.addAll(List.of(more));
    words.addAll(List.of("-keystore", keys.toString(), "-storepass:env", "PASSWORD"));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().put("PASSWORD", keysPassword);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(output);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static String newSecret() {
    return UUID.randomUUID().toString();
  }

  /** Where the broker's first listener must be. */
  int openPort() {
    return openPort;
  }

  Map<String, String> brokerConfig() {
    Map<String, String> config = new HashMap<>();
    config.put("controller.quorum.bootstrap.servers", HOST + ":" + controllerPort);
    config.put(
        "listeners",
        "PLAINTEXT://%1$s:%2$d,CONTROLLER://%1$s:%3$d,SECURED://%1$s:%4$d"
            .formatted(HOST, openPort, controllerPort, port));
    config.put(
        "listener.security.protocol.map",
        "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL");
    config.put("sasl.enabled.mechanisms", MECHANISM);
    config.put(
        "listener.name.secured.%s.sasl.jaas.config".formatted(MECHANISM.toLowerCase(Locale.ROOT)),
        LOGIN + " required;");
    config.put("ssl.keystore.type", "PKCS12");
    config.put("ssl.keystore.location", keys.toString());
    config.put("ssl.keystore.password", keysPassword);
    config.put("ssl.key.password", keysPassword);
    config.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    config.put("super.users", "User:ANONYMOUS");
    return config;
  }

  String bootstrapServers() {
    return HOST + ":" + port;
  }

  /**
   * Lets somebody in who may do nothing yet.
   *
   * @return the properties of the user's Kafka clients
   */
  Map<String, String> addUser(Admin admin, String user) throws Exception {
    String password = newSecret();
    passwords.put(user, password);
    admin
        .alterUserScramCredentials(
            List.of(
                new UserScramCredentialUpsertion(
                    user,
                    new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS),
                    password)))
        .all()
        .get();
    return Map.of(
        "security.protocol",
        "SASL_SSL",
        "sasl.mechanism",
        MECHANISM,
        "sasl.jaas.config",
        "%s required username=\"%s\" password=\"%s\";".formatted(LOGIN, user, password),
        "ssl.truststore.type",
        "PEM",
        "ssl.truststore.location",
        certificate.toString());
  }

  /** Allows what the job needs, as docs/operations.md has it. */
  static void allowJob(Admin admin, String user, TopicNames topics, String groupId)
      throws Exception {
    List<AclBinding> acls = new ArrayList<>();
    for (String input : List.of(topics.transactions(), topics.inventory(), topics.customers())) {
      acls.add(allow(user, ResourceType.TOPIC, input, AclOperation.READ));
      acls.add(allow(user, ResourceType.TOPIC, input, AclOperation.DESCRIBE_CONFIGS));
    }
    for (String verdicts : topics.verdicts()) {
      acls.add(allow(user, ResourceType.TOPIC, verdicts, AclOperation.READ));
      acls.add(allow(user, ResourceType.TOPIC, verdicts, AclOperation.WRITE));
      acls.add(allow(user, ResourceType.TOPIC, verdicts, AclOperation.DESCRIBE_CONFIGS));
    }
    acls.add(allow(user, ResourceType.GROUP, groupId, AclOperation.READ));
    for (AclOperation operation : List.of(AclOperation.WRITE, AclOperation.DESCRIBE)) {
      acls.add(
          binding(
              user,
              new ResourcePattern(
                  ResourceType.TRANSACTIONAL_ID, topics.accepted(), PatternType.PREFIXED),
              operation));
    }
    admin.createAcls(acls).all().get();
  }

  /** Allows to send what the job reads, and to read what it turned away. */
  static void allowSender(Admin admin, String user, TopicNames topics) throws Exception {
    admin
        .createAcls(
            List.of(
                allow(user, ResourceType.TOPIC, topics.transactions(), AclOperation.WRITE),
                allow(user, ResourceType.TOPIC, topics.inventory(), AclOperation.WRITE),
                allow(user, ResourceType.TOPIC, topics.customers(), AclOperation.WRITE),
                allow(user, ResourceType.TOPIC, topics.rejected(), AclOperation.READ)))
        .all()
        .get();
  }

  /** Allows to read inputs and verdicts. */
  static void allowAuditor(Admin admin, String user, TopicNames topics) throws Exception {
    List<AclBinding> acls = new ArrayList<>();
    acls.add(allow(user, ResourceType.TOPIC, topics.transactions(), AclOperation.READ));
    for (String verdicts : topics.verdicts()) {
      acls.add(allow(user, ResourceType.TOPIC, verdicts, AclOperation.READ));
    }
    admin.createAcls(acls).all().get();
  }

  private static AclBinding allow(
      String user, ResourceType type, String name, AclOperation operation) {
    return binding(user, new ResourcePattern(type, name, PatternType.LITERAL), operation);
  }

  private static AclBinding binding(String user, ResourcePattern resource, AclOperation operation) {
    return new AclBinding(
        resource, new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW));
  }

  /** What must not be seen anywhere. */
  List<String> secrets() {
    List<String> secrets = new ArrayList<>(passwords.values());
    secrets.add(keysPassword);
    return secrets;
  }

  static void write(Map<String, String> clientProperties, Path file) throws IOException {
    Properties properties = new Properties();
    properties.putAll(clientProperties);
    try (Writer writer = Files.newBufferedWriter(file)) {
      properties.store(writer, null);
    }
  }
}
