import java.sql.DriverManager;
import java.sql.SQLException;

/** Logs in to PostgreSQL by each address, and prints who it is there or why it is nobody. */
public final class Connect {
  private Connect() {}

  public static void main(String[] addresses) {
    String user = System.getenv("POSTGRES_USER");
    String password = System.getenv("POSTGRES_PASSWORD");
    for (String address : addresses) {
      try (var connection = DriverManager.getConnection(address, user, password);
          var found = connection.createStatement().executeQuery("SELECT current_user")) {
        found.next();
        System.out.println(found.getString(1));
      } catch (SQLException refused) {
        System.out.println("refused: " + refused.getMessage());
      }
    }
  }
}
