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

  /** Each costs a signature check, so that a forged token must not cost as many as there are. */
  static final int MAX_TRIED = 16;

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
    List<Object> members;
    try {
      members = JSONObjectUtils.getJSONArray(JSONObjectUtils.parse(jwks), "keys");
    } catch (ParseException | RuntimeException e) {
      throw new IOException("it is not a JWKS", e);
    }
    if (members == null) {
      throw new IOException("it is not a JWKS: it has no \"keys\"");
    }
    if (!members.isEmpty() && members.stream().noneMatch(Map.class::isInstance)) {
      throw new IOException("it is not a JWKS: none of its \"keys\" is an object");
    }
    List<VerificationKey> keys = new ArrayList<>();
    int malformed = 0;
    Set<String> names = VerificationKey.withAllNames(algorithms);
    for (Object member : members) {
      try {
        // Something else than an object ends in the catch below.
        @SuppressWarnings("unchecked")
        Map<String, Object> object = (Map<String, Object>) member;
        VerificationKey key = VerificationKey.of(JWK.parse(object), names);
        if (key != null) {
          keys.add(key);
        }
      } catch (ParseException | JOSEException | RuntimeException e) {
        malformed++;
      }
    }
    if (malformed > 0) {
      LOG.warn("Leaving out {} of {} keys of the JWKS: not well-formed", malformed, members.size());
    }
    if (keys.size() > MAX_TRIED) {
      LOG.warn("A token without a key id is tried with {} of {} keys only", MAX_TRIED, keys.size());
    }
    if (keys.isEmpty()) {
      throw new IOException("it holds no key for " + new TreeSet<>(algorithms));
    }
    return new KeySet(keys);
  }

  /**
   * The key that signed, or null. A token that names no key, or one of many with the same id, is
   * tried with {@value #MAX_TRIED} keys of its algorithm, in the order of the JWKS.
   */
  VerificationKey signerOf(JWSObject jws) {
    JWSHeader header = jws.getHeader();
    byte[] signed = jws.getSigningInput();
    int tried = 0;
    for (VerificationKey key : keys) {
      if ((header.getKeyID() == null || header.getKeyID().equals(key.id()))
          && key.isFor(header.getAlgorithm().getName())) {
        if (key.verifies(header, signed, jws.getSignature())) {
          return key;
        }
        tried++;
        if (tried == MAX_TRIED) {
          return null;
        }
      }
    }
    return null;
  }

  boolean hasKeyId(String id) {
    return keys.stream().anyMatch(key -> id.equals(key.id()));
  }
}
