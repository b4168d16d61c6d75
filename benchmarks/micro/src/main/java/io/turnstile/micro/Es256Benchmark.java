package io.turnstile.micro;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Compares who signs and verifies ES256: Bouncy Castle, as the token check and the token signer
 * have it, or the JDK.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Thread)
public class Es256Benchmark {

  /**
   * With a key of the JDK, Bouncy Castle prepares its tables anew for each signature; with one of
   * its own it keeps them.
   */
  @Param({"bouncy-castle", "bouncy-castle-with-jdk-key", "jdk"})
  public String provider;

  private final JWSHeader header = new JWSHeader(JWSAlgorithm.ES256);
  private final byte[] signed =
      "{\"alg\":\"ES256\"}.{\"sub\":\"customer-4711\",\"exp\":1767229200}"
          .getBytes(StandardCharsets.US_ASCII);
  private JWSSigner signer;
  private JWSVerifier verifier;
  private Base64URL signature;

  @Setup
  public void prepare() throws JOSEException {
    ECKey generated = new ECKeyGenerator(Curve.P_256).generate();
    Provider bouncyCastle = new BouncyCastleProvider();
    if (provider.equals("bouncy-castle")) {
      signer = new ECDSASigner(generated.toECPrivateKey(bouncyCastle));
      verifier = new ECDSAVerifier(generated.toECPublicKey(bouncyCastle));
    } else {
      signer = new ECDSASigner(generated);
      verifier = new ECDSAVerifier(generated);
    }
    if (!provider.equals("jdk")) {
      signer.getJCAContext().setProvider(bouncyCastle);
      verifier.getJCAContext().setProvider(bouncyCastle);
    }
    signature = signer.sign(header, signed);
    if (!verifier.verify(header, signed, signature)) {
      throw new IllegalStateException("the signature does not verify");
    }
  }

  @Benchmark
  public Base64URL sign() throws JOSEException {
    return signer.sign(header, signed);
  }

  @Benchmark
  public boolean verify() throws JOSEException {
    return verifier.verify(header, signed, signature);
  }
}
