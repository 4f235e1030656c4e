import pytest

from seatunnel_server.engine.memory.connectors.transforms.registry import make_transform
from seatunnel_server.engine.memory.pipeline import Row
from seatunnel_server.engine.memory.schema import STRING, Column, Table, TablePath
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import CodeRefused, OptionMismatch, OptionRuleBroken

TABLE = Table(TablePath.parse("fake"), (Column("name", STRING),))
JAVA = r"""
    // closes what nobody opened: )
    public Column[] getInlineOutputColumns(CatalogTable table) {
        /* ( */ String s = "}\"}"; char c = '}'; return new Column[0];
    }
"""


def compiled(**options):
    return make_transform("DynamicCompile", Options(options), TABLE)


@pytest.mark.parametrize(
    "options",
    [
        {"compile_language": "java", "source_code": JAVA},
        {"compile_language": "JAVA", "compile_pattern": "absolute_path", "absolute_path": "/nowhere"},
        {"compile_language": "GROOVY", "source_code": "class A { def getInlineOutputColumns(t) { /\\}/ } }"},
    ],
)
def test_code_that_may_compile_passes_rows_on_and_says_so(options):
    made = compiled(**options)
    assert made.apply([Row("fake", ("a",))]) == [Row("fake", ("a",))]
    assert made.note == "Transform DynamicCompile is not run by this engine: it passes rows on unchanged."


@pytest.mark.parametrize(
    ("language", "code", "said"),
    [
        ("JAVA", JAVA + "}", "CompileException"),
        ("JAVA", JAVA[:-3], "CompileException"),
        ("JAVA", JAVA + "([)]", "CompileException"),
        ("JAVA", "this is no code", "method invoke failed"),
        ("GROOVY", "println 1", "method invoke failed"),
        ("GROOVY", "", "method invoke failed"),
    ],
)
def test_code_that_can_not_be_called_is_refused(language, code, said):
    with pytest.raises(CodeRefused, match=said) as refused:
        compiled(compile_language=language, source_code=code)
    assert refused.value.message.startswith("ErrorCode:[COMPILE_TRANSFORM_ERROR_CODE-01], ")


@pytest.mark.parametrize("opening", ["/*", '"', '"""', "'"])
def test_code_of_any_length_is_gone_through_once(opening):
    with pytest.raises(CodeRefused):
        compiled(compile_language="JAVA", source_code=opening + r"/*\"\'" * 100_000)


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({}, OptionRuleBroken),
        ({"compile_language": "JAVA"}, OptionRuleBroken),
        ({"compile_language": "JAVA", "compile_pattern": "ABSOLUTE_PATH", "source_code": JAVA}, OptionRuleBroken),
        ({"compile_language": "COBOL", "source_code": JAVA}, OptionMismatch),
        ({"compile_language": "JAVA", "compile_pattern": "x", "source_code": JAVA}, OptionMismatch),
    ],
)
def test_wrong_options_are_refused(options, refusal):
    with pytest.raises(refusal):
        compiled(**options)
