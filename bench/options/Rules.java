import org.apache.seatunnel.api.configuration.Option;
import org.apache.seatunnel.api.configuration.SingleChoiceOption;
import org.apache.seatunnel.api.configuration.util.Condition;
import org.apache.seatunnel.api.configuration.util.Expression;
import org.apache.seatunnel.api.configuration.util.OptionRule;
import org.apache.seatunnel.api.configuration.util.RequiredOption;
import org.apache.seatunnel.api.table.factory.Factory;
import org.apache.seatunnel.shade.com.fasterxml.jackson.databind.ObjectMapper;

import java.io.PrintStream;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The option rules of an engine before 3.0, which has no `/option-rules`, in the form of that operation.
 * Arguments: the release, a file with the names of factory classes, and the class with the rule of `env`.
 */
public class Rules {
    private static final String[][] KINDS = {{"source", "TableSourceFactory"}, {"sink", "TableSinkFactory"}, {"transform", "TableTransformFactory"}};
    private static final Map<String, Object> ENUMS = new TreeMap<>();

    public static void main(String[] words) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err);
        List<Object> plugins = new ArrayList<>();
        for (String name : Files.readAllLines(Paths.get(words[1]))) {
            try {
                Factory factory = (Factory) Class.forName(name).getDeclaredConstructor().newInstance();
                for (String[] kind : KINDS) {
                    if (Class.forName("org.apache.seatunnel.api.table.factory." + kind[1]).isInstance(factory)) {
                        plugins.add(of("engineType", "seatunnel", "pluginType", kind[0], "pluginName", factory.factoryIdentifier(),
                                "optionRule", rule(factory.optionRule())));
                    }
                }
            } catch (Throwable problem) {
                System.err.println("MISSING " + name + ": " + problem);
            }
        }
        Class<?> ofEnv = Class.forName(words[2]); // a factory, or in 2.3.9 a class with a static method
        Object env = rule(Factory.class.isAssignableFrom(ofEnv)
                ? ((Factory) ofEnv.getDeclaredConstructor().newInstance()).optionRule()
                : (OptionRule) ofEnv.getMethod("getEnvOptionRules").invoke(null));
        out.println(new ObjectMapper().writeValueAsString(of("release", words[0], "plugins", plugins, "envRule", env, "enums", ENUMS)));
        System.exit(0);
    }

    private static Map<String, Object> of(Object... pairs) {
        Map<String, Object> made = new LinkedHashMap<>();
        for (int at = 0; at < pairs.length; at += 2) {
            if (pairs[at + 1] != null) {
                made.put((String) pairs[at], pairs[at + 1]);
            }
        }
        return made;
    }

    private static Object rule(OptionRule rule) {
        List<Object> required = new ArrayList<>();
        for (RequiredOption each : rule.getRequiredOptions()) {
            String kind = each.getClass().getSimpleName();
            Expression expression = each instanceof RequiredOption.ConditionalRequiredOptions
                    ? ((RequiredOption.ConditionalRequiredOptions) each).getExpression() : null;
            String type = kind.startsWith("Abs") ? "ABSOLUTELY_REQUIRED" : kind.replace("RequiredOptions", "").toUpperCase();
            required.add(of("ruleType", type, "options", options(each.getOptions()),
                    "expression", expression == null ? null : expression.toString(), "expressionTree", tree(expression)));
        }
        return of("optionalOptions", options(rule.getOptionalOptions()), "requiredOptions", required,
                "conditionRules", new ArrayList<>(), "valueConstraints", new ArrayList<>());
    }

    private static List<Object> options(Collection<? extends Option<?>> options) {
        List<Object> shown = new ArrayList<>();
        options.forEach(option -> shown.add(option(option)));
        return shown;
    }

    private static Object option(Option<?> option) {
        Object values = option instanceof SingleChoiceOption ? plain(((SingleChoiceOption<?>) option).getOptionValues()) : null;
        return of("key", option.key(), "type", name(option.typeReference().getType()), "defaultValue", plain(option.defaultValue()),
                "description", option.getDescription(), "fallbackKeys", option.getFallbackKeys(), "optionValues", values);
    }

    private static Object tree(Expression expression) {
        return expression == null ? null : of("condition", condition(expression.getCondition()),
                "operator", expression.and() == null ? null : expression.and() ? "AND" : "OR", "next", tree(expression.getNext()));
    }

    private static Object condition(Condition<?> condition) {
        return condition == null ? null : of("option", option(condition.getOption()), "expectValue", plain(condition.getExpectValue()),
                "operator", condition.and() == null ? null : condition.and() ? "AND" : "OR", "next", condition(condition.getNext()));
    }

    private static String name(Type type) {
        if (type instanceof ParameterizedType) {
            List<String> arguments = new ArrayList<>();
            for (Type each : ((ParameterizedType) type).getActualTypeArguments()) {
                arguments.add(name(each));
            }
            return ((ParameterizedType) type).getRawType().getTypeName() + "<" + String.join(", ", arguments) + ">";
        }
        if (type instanceof Class && ((Class<?>) type).isEnum()) {
            Map<String, Object> texts = new LinkedHashMap<>();
            for (Object constant : ((Class<?>) type).getEnumConstants()) {
                texts.put(((Enum<?>) constant).name(), constant.toString());
            }
            ENUMS.put(type.getTypeName(), texts);
        }
        return type.getTypeName();
    }

    private static Object plain(Object value) {
        if (value instanceof Enum) {
            return ((Enum<?>) value).name();
        }
        if (value instanceof Collection) {
            List<Object> items = new ArrayList<>();
            ((Collection<?>) value).forEach(item -> items.add(plain(item)));
            return items;
        }
        if (value == null || value instanceof Number || value instanceof Boolean || value instanceof Map) {
            return value;
        }
        return value.toString();
    }
}
