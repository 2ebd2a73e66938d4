import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dropwizard.Configuration;
import io.dropwizard.configuration.DefaultConfigurationFactoryFactory;
import io.dropwizard.configuration.EnvironmentVariableSubstitutor;
import io.dropwizard.configuration.FileConfigurationSourceProvider;
import io.dropwizard.configuration.SubstitutingSourceProvider;
import io.dropwizard.db.DataSourceFactory;
import io.dropwizard.jackson.Jackson;
import io.dropwizard.jersey.validation.Validators;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Reads configuration files as Marquez does, and prints a line of JSON for each. */
public final class Read {

  /** The keys of Marquez' own configuration; those of Dropwizard come with what it extends. */
  public static final class Marquez extends Configuration {
    @JsonProperty public boolean migrateOnStartup = true;
    @JsonProperty public Set<Tag> tags = Set.of();
    @JsonProperty public DataSourceFactory db = new DataSourceFactory();
    @JsonProperty public Graphql graphql = new Graphql();
    @JsonProperty public Search search = new Search();
    @JsonProperty public DbRetention dbRetention;
    @JsonProperty public Map<String, Object> flyway, sentry, exclude;
  }

  public static final class Tag {
    @JsonProperty public String name, description;
  }

  public static final class Graphql {
    @JsonProperty public boolean enabled = true;
  }

  public static final class Search {
    @JsonProperty public boolean enabled;
    @JsonProperty public String scheme, host, username, password;
    @JsonProperty public int port;
  }

  public static final class DbRetention {
    @JsonProperty public int frequencyMins, numberOfRowsPerBatch, retentionDays;
  }

  private Read() {}

  public static void main(String[] files) throws Exception {
    ObjectMapper mapper = Jackson.newObjectMapper();
    var factory =
        new DefaultConfigurationFactoryFactory<Marquez>()
            .create(Marquez.class, Validators.newValidator(), mapper, "dw");
    var source =
        new SubstitutingSourceProvider(
            new FileConfigurationSourceProvider(), new EnvironmentVariableSubstitutor(false));
    for (String file : files) {
      var told = new LinkedHashMap<String, Object>();
      try {
        Marquez read = factory.build(source, file);
        told.put("server", read.getServerFactory());
        told.put("logging", read.getLoggingFactory());
        told.put("migrateOnStartup", read.migrateOnStartup);
        told.put("dbRetention", read.dbRetention);
        told.put("tags", read.tags);
        told.put("graphql", read.graphql);
        told.put("search", read.search);
        told.put(
            "db",
            Map.of(
                "driverClass", read.db.getDriverClass(),
                "url", read.db.getUrl(),
                "user", read.db.getUser(),
                "password", read.db.getPassword(),
                "minSize", read.db.getMinSize(),
                "maxSize", read.db.getMaxSize(),
                "initialSize", read.db.getInitialSize()));
      } catch (Exception refused) {
        told.put("refused", refused.getMessage());
      }
      System.out.println(mapper.writeValueAsString(told));
    }
  }
}
