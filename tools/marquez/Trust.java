import java.security.KeyStore;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Prints whom Java trusts, given the options that it was started with. */
public final class Trust {
  private Trust() {}

  public static void main(String[] none) throws Exception {
    var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init((KeyStore) null);
    for (var one : ((X509TrustManager) managers.getTrustManagers()[0]).getAcceptedIssuers()) {
      System.out.println(one.getSubjectX500Principal().getName());
    }
  }
}
