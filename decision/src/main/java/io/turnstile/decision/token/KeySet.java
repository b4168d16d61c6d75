package io.turnstile.decision.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The keys of a JWKS that can verify tokens. Immutable; equal if the keys are. */
record KeySet(List<VerificationKey> keys) {

  private static final Logger LOG = LoggerFactory.getLogger(KeySet.class);

  KeySet {
    keys = List.copyOf(keys);
  }

  /**
   * Reads a JWKS. Keys for something else are left out, as RFC 7517 wants it.
   *
   * @param algorithms what the keys are needed for
   * @throws IOException with a one-line message if it is no JWKS or holds no key for any of the
   *     algorithms
   */
  static KeySet parse(String jwks, Set<String> algorithms) throws IOException {
    Map<String, Object>[] members;
    try {
      members = JSONObjectUtils.getJSONObjectArray(JSONObjectUtils.parse(jwks), "keys");
    } catch (ParseException | RuntimeException e) {
      throw new IOException("it is not a JWKS", e);
    }
    if (members == null) {
      throw new IOException("it is not a JWKS: it has no \"keys\"");
    }
    List<VerificationKey> keys = new ArrayList<>();
    Set<String> names = VerificationKey.withAllNames(algorithms);
    for (int i = 0; i < members.length; i++) {
      try {
        VerificationKey key = VerificationKey.of(JWK.parse(members[i]), names);
        if (key != null) {
          keys.add(key);
        }
      } catch (ParseException | JOSEException | RuntimeException e) {
        LOG.warn("Leaving out key number {} of the JWKS: it is not well-formed", i + 1);
      }
    }
    if (keys.isEmpty()) {
      throw new IOException("it holds no key for " + new TreeSet<>(algorithms));
    }
    return new KeySet(keys);
  }

  /** The key that signed, or null. */
  VerificationKey signerOf(JWSObject jws) {
    JWSHeader header = jws.getHeader();
    byte[] signed = jws.getSigningInput();
    for (VerificationKey key : keys) {
      if ((header.getKeyID() == null || header.getKeyID().equals(key.id()))
          && key.isFor(header.getAlgorithm().getName())
          && key.verifies(header, signed, jws.getSignature())) {
        return key;
      }
    }
    return null;
  }

  boolean hasKeyId(String id) {
    return keys.stream().anyMatch(key -> id.equals(key.id()));
  }
}
