package io.turnstile.systemtests.security;

import io.turnstile.events.TopicNames;
import io.turnstile.testbed.container.ContainerTestbed;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
 * A broker's listeners with passwords (SASL/SCRAM over TLS) and access control: nobody may do what
 * is not allowed to them by name. The others stay open, to its administrator.
 */
final class SecuredKafka {

  private static final String MECHANISM = "SCRAM-SHA-512";
  private static final String LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule";
  private static final int ITERATIONS = 4096;
  private static final String ALIAS = "broker";
  private static final Pattern IP_ADDRESS = Pattern.compile("[\\d.]+|.*:.*");
  private static final Base64.Encoder PEM_BODY =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  private final String key;
  private final String certificate;
  private final Map<String, String> passwords = new HashMap<>();

  /**
   * Makes the broker's key and its certificate.
   *
   * @param directory for what only this process uses
   * @param hosts the names or addresses by which clients find the broker
   */
  SecuredKafka(Path directory, List<String> hosts) throws Exception {
    Path keys = directory.resolve("broker.p12");
    String password = newSecret();
    String names =
        hosts.stream()
            .map(host -> (IP_ADDRESS.matcher(host).matches() ? "ip:" : "dns:") + host)
            .collect(Collectors.joining(","));
    makeKey(keys, password, names);
    KeyStore store = KeyStore.getInstance(keys.toFile(), password.toCharArray());
    key = PEM_BODY.encodeToString(store.getKey(ALIAS, password.toCharArray()).getEncoded());
    certificate =
        pem("CERTIFICATE", PEM_BODY.encodeToString(store.getCertificate(ALIAS).getEncoded()));
  }

  private static void makeKey(Path keys, String password, String names) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "EC",
                "-dname",
                "CN=broker",
                "-ext",
                "SAN=" + names,
                "-storetype",
                "PKCS12",
                "-keystore",
                keys.toString(),
                "-storepass:env",
                "PASSWORD")
            .redirectErrorStream(true);
    builder.environment().put("PASSWORD", password);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(output);
    }
  }

  private static String pem(String type, String body) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(type, body);
  }

  private static String newSecret() {
    return UUID.randomUUID().toString();
  }

  Map<String, String> brokerConfig() {
    Map<String, String> config = new HashMap<>();
    config.put("sasl.enabled.mechanisms", MECHANISM);
    for (String listener : ContainerTestbed.SECURED_LISTENERS) {
      config.put(
          "listener.name.%s.%s.sasl.jaas.config"
              .formatted(listener.toLowerCase(Locale.ROOT), MECHANISM.toLowerCase(Locale.ROOT)),
          LOGIN + " required;");
    }
    config.put("ssl.keystore.type", "PEM");
    config.put("ssl.keystore.key", pem("PRIVATE KEY", key));
    config.put("ssl.keystore.certificate.chain", certificate);
    config.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    config.put("super.users", "User:ANONYMOUS");
    return config;
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
        "ssl.truststore.certificates",
        certificate);
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

  /** Allows writing the job's inputs, and reading the verdicts that it turned away. */
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

  /** Allows to send inputs anew, and to make the topic that remembers which. */
  static void allowRedrive(Admin admin, String user, TopicNames topics) throws Exception {
    List<AclBinding> acls = new ArrayList<>();
    for (String topic : List.of(topics.transactions(), topics.redriven())) {
      acls.add(allow(user, ResourceType.TOPIC, topic, AclOperation.READ));
      acls.add(allow(user, ResourceType.TOPIC, topic, AclOperation.WRITE));
      acls.add(allow(user, ResourceType.TOPIC, topic, AclOperation.DESCRIBE_CONFIGS));
    }
    acls.add(allow(user, ResourceType.TOPIC, topics.redriven(), AclOperation.CREATE));
    acls.add(allow(user, ResourceType.TOPIC, topics.rejected(), AclOperation.READ));
    acls.add(allow(user, ResourceType.TOPIC, topics.deadLetter(), AclOperation.READ));
    String transactionalId = topics.transactions() + "-redrive";
    for (AclOperation operation : List.of(AclOperation.WRITE, AclOperation.DESCRIBE)) {
      acls.add(allow(user, ResourceType.TRANSACTIONAL_ID, transactionalId, operation));
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

  /** The secrets that must not be seen anywhere. */
  List<String> secrets() {
    List<String> secrets = new ArrayList<>(passwords.values());
    key.lines().forEach(secrets::add);
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
