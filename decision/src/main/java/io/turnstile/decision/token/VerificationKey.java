package io.turnstile.decision.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** A public key and what it may verify. Immutable; equal if the JWKs are. */
final class VerificationKey {

  /** Every algorithm that can be supported, all of them asymmetric. */
  static final List<String> ALGORITHMS = List.of("ES256", "RS256", "PS256", "EdDSA", "Ed25519");

  private static final Set<String> ED25519_NAMES = Set.of("EdDSA", "Ed25519");

  /** Of a SubjectPublicKeyInfo with an Ed25519 key (RFC 8410), up to the key's 32 bytes. */
  private static final byte[] ED25519_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  /**
   * Verifies ES256 about eight times as fast as the JDK 17's own. Not registered with the JVM,
   * which would hold on to the job's classes after its end.
   */
  private static final Provider ELLIPTIC_CURVES = new BouncyCastleProvider();

  private static final int MIN_RSA_BITS = 2048;

  private final JWK jwk;
  private final String fingerprint;
  private final Set<String> algorithms;
  private final SignatureCheck check;

  @FunctionalInterface
  private interface SignatureCheck {
    boolean verify(JWSHeader header, byte[] signed, Base64URL signature)
        throws JOSEException, GeneralSecurityException;
  }

  private VerificationKey(JWK jwk, Set<String> algorithms, SignatureCheck check) {
    this.jwk = jwk;
    this.fingerprint = HexFormat.of().formatHex(new TokenHasher().hash(jwk.toJSONString()).array());
    this.algorithms = algorithms;
    this.check = check;
  }

  /**
   * A key for verification.
   *
   * @param allowed the algorithms it is needed for
   * @return null if the key is not for any of them
   * @throws JOSEException if the key is not well-formed
   */
  static VerificationKey of(JWK jwk, Set<String> allowed) throws JOSEException {
    KeyUse use = jwk.getKeyUse();
    Set<KeyOperation> operations = jwk.getKeyOperations();
    if ((use != null && !use.equals(KeyUse.SIGNATURE))
        || (operations != null && !operations.contains(KeyOperation.VERIFY))) {
      return null;
    }
    Set<String> algorithms =
        algorithmsOf(jwk).stream()
            .filter(allowed::contains)
            .filter(a -> jwk.getAlgorithm() == null || isSame(jwk.getAlgorithm().getName(), a))
            .collect(Collectors.toUnmodifiableSet());
    if (algorithms.isEmpty()) {
      return null;
    }
    return new VerificationKey(jwk, algorithms, checkOf(jwk));
  }

  private static Set<String> algorithmsOf(JWK jwk) {
    if (jwk instanceof ECKey key && key.getCurve().equals(Curve.P_256)) {
      return Set.of("ES256");
    }
    if (jwk instanceof RSAKey key && key.size() >= MIN_RSA_BITS) {
      return Set.of("RS256", "PS256");
    }
    if (jwk instanceof OctetKeyPair key && key.getCurve().equals(Curve.Ed25519)) {
      return ED25519_NAMES;
    }
    return Set.of();
  }

  private static boolean isSame(String algorithm, String other) {
    return algorithm.equals(other)
        || (ED25519_NAMES.contains(algorithm) && ED25519_NAMES.contains(other));
  }

  /**
   * The algorithms with all their names. RFC 9864 gives the name {@code Ed25519} to what {@code
   * EdDSA} means with a key of that curve, the only one that is supported; to allow one is to allow
   * the other. The RFC's further names for JOSE are of Ed448; {@code ES256} is as specific as it
   * can be.
   */
  static Set<String> withAllNames(Set<String> algorithms) {
    Set<String> all = new HashSet<>(algorithms);
    if (!Collections.disjoint(all, ED25519_NAMES)) {
      all.addAll(ED25519_NAMES);
    }
    return Set.copyOf(all);
  }

  private static SignatureCheck checkOf(JWK jwk) throws JOSEException {
    if (jwk instanceof ECKey key) {
      ECDSAVerifier verifier = new ECDSAVerifier(key.toECPublicKey(ELLIPTIC_CURVES));
      verifier.getJCAContext().setProvider(ELLIPTIC_CURVES);
      return verifier::verify;
    }
    if (jwk instanceof RSAKey key) {
      return new RSASSAVerifier(key)::verify;
    }
    PublicKey key = ed25519Key((OctetKeyPair) jwk);
    return (header, signed, signature) -> verifyEd25519(key, signed, signature.decode());
  }

  /** Nimbus needs a further library for Ed25519, the JDK has it. */
  private static PublicKey ed25519Key(OctetKeyPair jwk) throws JOSEException {
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    encoded.writeBytes(ED25519_PREFIX);
    encoded.writeBytes(jwk.getDecodedX());
    try {
      return KeyFactory.getInstance("Ed25519")
          .generatePublic(new X509EncodedKeySpec(encoded.toByteArray()));
    } catch (GeneralSecurityException e) {
      throw new JOSEException("not an Ed25519 key", e);
    }
  }

  private static boolean verifyEd25519(PublicKey key, byte[] signed, byte[] signature)
      throws GeneralSecurityException {
    Signature verifier = Signature.getInstance("Ed25519");
    verifier.initVerify(key);
    verifier.update(signed);
    return verifier.verify(signature);
  }

  /** The key id, or null if it has none. */
  String id() {
    return jwk.getKeyID();
  }

  /**
   * A hash of the whole JWK. Two keys that are equal may have different ones, but not vice versa.
   */
  String fingerprint() {
    return fingerprint;
  }

  boolean isFor(String algorithm) {
    return algorithms.contains(algorithm);
  }

  /**
   * Returns whether this key made the signature; it must be {@linkplain #isFor for} the algorithm.
   */
  boolean verifies(JWSHeader header, byte[] signed, Base64URL signature) {
    try {
      return check.verify(header, signed, signature);
    } catch (JOSEException | GeneralSecurityException | RuntimeException e) {
      // Whatever a forged signature provokes in the provider must not fail the job.
      return false;
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VerificationKey that && jwk.equals(that.jwk);
  }

  @Override
  public int hashCode() {
    return jwk.hashCode();
  }
}
