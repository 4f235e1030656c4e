import org.apache.seatunnel.api.configuration.Option;
import org.apache.seatunnel.api.configuration.util.ConditionRule;
import org.apache.seatunnel.api.configuration.util.OptionRule;
import org.apache.seatunnel.api.table.factory.Factory;
import org.apache.seatunnel.api.table.factory.FactoryUtil;
import org.apache.seatunnel.core.starter.seatunnel.args.ClientCommandArgs;
import org.apache.seatunnel.core.starter.seatunnel.command.SeaTunnelConfValidateCommand;
import org.apache.seatunnel.api.options.EnvOptionRule;
import org.apache.seatunnel.shade.com.fasterxml.jackson.databind.ObjectMapper;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The engine's own static dry run (`seatunnel.sh --check`) for many files in one process, and what `/option-rules`
 * leaves out. Arguments: `judge`, with a path per line on standard input, a JSON object per line on standard output;
 * or `further`, which prints the options of `env` and the values of enumerations.
 */
public class Judge {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] words) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err); // what plugins print is no verdict
        if (words[0].equals("further")) {
            out.println(JSON.writeValueAsString(further()));
            System.exit(0);
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String path; (path = in.readLine()) != null; ) {
            Map<String, Object> verdict = new LinkedHashMap<>();
            verdict.put("file", path);
            verdict.put("reason", judged(path));
            out.println(JSON.writeValueAsString(verdict));
            out.flush();
        }
        System.exit(0);
    }

    /** Return why the engine refuses a file, or null. */
    private static String judged(String path) {
        ClientCommandArgs arguments = new ClientCommandArgs();
        arguments.setConfigFile(path);
        try {
            new SeaTunnelConfValidateCommand(arguments).execute();
            return null;
        } catch (Throwable problem) {
            return String.valueOf(problem.getMessage());
        }
    }

    private static Map<String, Object> further() throws Exception {
        List<URL> jars = new ArrayList<>();
        try (java.util.stream.Stream<Path> files = Files.list(Paths.get(System.getenv("SEATUNNEL_HOME"), "connectors"))) {
            for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).collect(Collectors.toList())) {
                jars.add(jar.toUri().toURL());
            }
        }
        Map<String, Object> enumerations = new TreeMap<>();
        Map<String, Object> items = new TreeMap<>();
        OptionRule env = new EnvOptionRule().optionRule();
        collect("env", env, enumerations, items);
        for (Factory factory : FactoryUtil.discoverFactories(new URLClassLoader(jars.toArray(new URL[0])))) {
            try {
                collect(factory.factoryIdentifier().toLowerCase(), factory.optionRule(), enumerations, items);
            } catch (Throwable problem) {
                System.err.println(factory.factoryIdentifier() + ": " + problem);
            }
        }
        List<Map<String, Object>> options = new ArrayList<>();
        for (Option<?> option : all(env)) {
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("key", option.key());
            shown.put("type", option.typeReference().getType().getTypeName());
            shown.put("fallbackKeys", option.getFallbackKeys());
            shown.put("description", option.getDescription());
            options.add(shown);
        }
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("env", options);
        found.put("enums", enumerations);
        found.put("items", items);
        return found;
    }

    private static List<Option<?>> all(OptionRule rule) {
        List<Option<?>> options = new ArrayList<>(rule.getOptionalOptions());
        rule.getRequiredOptions().forEach(required -> options.addAll(required.getOptions()));
        for (ConditionRule condition : rule.getConditionRules()) {
            options.addAll(all(condition.getOptionRule()));
        }
        return options;
    }

    private static void collect(
            String plugin, OptionRule rule, Map<String, Object> enumerations, Map<String, Object> items) {
        for (Option<?> option : rule == null ? Collections.<Option<?>>emptyList() : all(rule)) {
            Type type = option.typeReference().getType();
            collect(type, enumerations);
            if (type.getTypeName().contains("@")) {
                items.put(plugin + " " + option.key(), ((ParameterizedType) type).getActualTypeArguments()[0].getTypeName());
            }
        }
    }

    private static void collect(Type type, Map<String, Object> enumerations) {
        if (type instanceof ParameterizedType) {
            for (Type each : ((ParameterizedType) type).getActualTypeArguments()) {
                collect(each, enumerations);
            }
        } else if (type instanceof Class && ((Class<?>) type).isEnum()) {
            Map<String, String> texts = new LinkedHashMap<>();
            for (Object constant : ((Class<?>) type).getEnumConstants()) {
                texts.put(((Enum<?>) constant).name(), constant.toString());
            }
            enumerations.put(type.getTypeName(), texts);
        }
    }
}
