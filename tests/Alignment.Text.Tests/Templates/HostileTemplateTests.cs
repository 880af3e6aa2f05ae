using System.Text;
using System.Text.Json;
using Alignment.Text.Templates;

namespace Alignment.Text.Tests.Templates;

/// <summary>Whatever text arrives as a template, the answer is a text or an error of ours, soon.</summary>
public sealed class HostileTemplateTests
{
    private static readonly string[] Pieces =
    [
        "{{ ", " }}", "{% ", " %}", "{%- ", " -%}", "{# ", " #}", "{% for x in messages %}", "{% endfor %}", "{% if x %}", "{% else %}", "{% endif %}", "{% set x = ", "{% set x %}", "{% endset %}",
        "{% macro m(a, b=a) %}", "{% endmacro %}", "{% call m() %}", "{% endcall %}", "{% raw %}", "{% endraw %}", "{% generation %}", "{% endgeneration %}", "{% filter ", "{% endfilter %}", "{% block b %}", "{% endblock %}",
        "{% break %}", "{% continue %}", "m(m)", "loop", "loop(x)", "self.b()", "range(99999)", "x", "messages", "namespace(a=1)", "'a' * 99999999", "9 ** 9 ** 9", "[x] * 9", "(", ")", "[", "]", "{", "}", "|", "~", "+", "-", "*", "**",
        "/", "//", "%", "==", "<", "in", "not", "and", "or", "is", "if", "else", ".", ",", ":", "::-1", "'", "\"", "\\", "\\x", "\\N{", "1e999", "0x", "1_", "'%9999999d' % 1", "'{:9999999}'.format(1)", "|center(99999999)", "|indent(9999999)",
        "|tojson(indent=9999999)", "|batch(99999999, 1)|list", "|slice(99999999)|list", "|join", "|sort", "|map('upper')|list", "|groupby('a')", "|replace('', x)", "|wordwrap(1)", "|urlize", "|pprint", "|round(-9999)", "|int(base=1)",
        ".__class__", ".append(x)", ".join(x)", ".split('')", ".format(x)", ".encode()", "\0", "\uD800", "🍎", "\n", "\r", "   ", "recursive", "strftime_now('%Y%')", "raise_exception(x)", "lipsum(9999999)", "cycler(x)", "dict(x)", "true", "none",
    ];

    private static readonly TemplateLimits Limits = new() { MaxSteps = 3_000, MaxValueLength = 100_000, MaxAllocated = 400_000, MaxCallDepth = 50 };

    private static readonly JsonElement Messages = JsonDocument.Parse("""[{"role":"user","content":"a b"},{"role":"assistant","content":["x",{"text":1.5}]}]""").RootElement;

    [Fact]
    public void Parse_HundredThousandRandomTemplates_GiveTextOrTemplateException()
    {
        var rendered = 0;
        Parallel.For(0, 100_000, new() { MaxDegreeOfParallelism = 2 }, seed =>
        {
            var random = new Random(seed);
            var text = new StringBuilder();
            for (var n = random.Next(1, 24); n > 0; n--)
            {
                text.Append(Pieces[random.Next(Pieces.Length)]);
            }

            if (TryRender(text.ToString()))
            {
                Interlocked.Increment(ref rendered);
            }
        });
        Assert.True(rendered > 1_000, "the generator should also hit valid templates");
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("not ", "")]
    [InlineData("-", "")]
    [InlineData("x if ", "")]
    [InlineData("{0: ", "}")]
    [InlineData("m(", ")")]
    public void Parse_DeepNesting_IsAnErrorNotACrash(string open, string close)
    {
        var text = "{{ " + string.Concat(Enumerable.Repeat(open, 100_000)) + "1" + string.Concat(Enumerable.Repeat(close, 100_000)) + " }}";
        TryRender(text);
    }

    [Theory]
    [InlineData(" + 1")]
    [InlineData(" | upper")]
    [InlineData(".a")]
    [InlineData("[0]")]
    [InlineData(" or 1")]
    [InlineData("()")]
    [InlineData(" is defined")]
    public void Parse_LongChains_AreAnErrorNotACrash(string link) => TryRender("{{ x" + string.Concat(Enumerable.Repeat(link, 100_000)) + " }}");

    [Theory]
    [InlineData("{% if x %}")]
    [InlineData("{% for i in x %}")]
    [InlineData("{% set x %}")]
    public void Parse_DeepStatements_AreAnErrorNotACrash(string open) => TryRender(string.Concat(Enumerable.Repeat(open, 100_000)));

    [Fact]
    public void Render_NestedListsWithoutEnd_IsAnErrorNotACrash() =>
        TryRender("{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}{{ ns.x | tojson }}{{ ns.x == [ns.x] }}", TemplateLimits.Default);

    [Fact]
    public void Render_EndlessLoops_EndAtTheLimit()
    {
        var error = Assert.Throws<TemplateException>(() => ChatTemplate.Parse("{% for i in range(100000) %}{% for j in range(100000) %}{{ j }}{% endfor %}{% endfor %}")
            .Render(new() { Messages = Messages, Limits = new() { MaxSteps = 200_000 } }));
        Assert.Equal("other", error.Kind);
    }

    private static bool TryRender(string text, TemplateLimits? limits = null)
    {
        try
        {
            ChatTemplate.Parse(text).Render(new() { Messages = Messages, Limits = limits ?? Limits });
            return true;
        }
        catch (TemplateException e)
        {
            Assert.NotEmpty(e.Kind);
            return false;
        }
    }
}
