using System.Text.Json;
using Alignment.Text.Templates;

namespace Alignment.Text.Tests.Templates;

public sealed class ChatTemplateTests
{
    // Expectations are jinja2 3.1.6's own output on Python 3.11.
    [Theory]
    [InlineData("{% for i in [1, 2] %}{% break %}{% else %}none{% endfor %}", "none")]
    [InlineData("{% for i in [1, 2] %}{% if i == 1 %}{% continue %}{% endif %}{% else %}none{% endfor %}", "")]
    [InlineData("{{ ['é🍎'[1:], '🍎ab'[::-1], '🍎' | length] }}", "['🍎', 'ba🍎', 1]")]
    [InlineData("{{ 2.675 | round(2) }} {{ '%.2f' % 0.125 }} {{ '{:,.3g}'.format(12345.678) }}", "2.67 0.12 1.23e+04")]
    [InlineData("{{ {1: 'a', 1.0: 'b', true: 'c'} }}", "{1: 'c'}")]
    [InlineData("{% set x = 1 %}{% for i in range(2) %}{{ x }}{% set x = i + 5 %}{{ x }};{% endfor %}{{ x }}", "15;16;1")]
    [InlineData("{% if false %}{% set a = 1 %}{% endif %}{{ a is defined }}", "False")]
    [InlineData("{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(b=2, a=3) }}", "1132")]
    [InlineData("{% macro m() %}{{ late }}{% endmacro %}{% set late = 'seen' %}{{ m() }}", "seen")]
    [InlineData("{% for k, v in {'b': 1, 'A': 2} | dictsort %}{{ k }}{{ v }}{% endfor %}", "A2b1")]
    [InlineData("{{ 'ΑΣ ΑΣΑ'.lower() }} {{ 'ǆß'.title() }}", "ας ασα ǅß")]
    [InlineData("{% set ns = namespace(n=0) %}{% for i in range(3) if i != ns.n %}{% set ns.n = 2 %}{{ i }}{% endfor %}", "1")]
    [InlineData("{{ (1, 2) + (3,) }} {{ [1] * 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** 3 ** 2 }}", "(1, 2, 3) [1, 1] -4 2 64")]
    public void Render_JinjaFeature_AgreesWithJinja2(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("a\nb {{ x.y }}", "undefined", 2)]
    [InlineData("{% if x %}", "syntax", 1)]
    [InlineData("\n\n{{ raise_exception('no') }}", "raised", 3)]
    [InlineData("{{ [].append(1) }}", "security", 1)]
    [InlineData("{{ ''.__class__.__mro__ }}", "security", 1)]
    [InlineData("{{ 1 + 'a' }}", "type", 1)]
    [InlineData("{{ 'a'.index('b') }}", "value", 1)]
    [InlineData("{{ 'a' * 1000000000 }}", "other", 1)]
    [InlineData("{{ 9 ** 99999999 }}", "other", 1)]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "other", 1)]
    public void Render_Fault_NamesKindAndLine(string template, string kind, int line)
    {
        var error = Assert.Throws<TemplateException>(() => Render(template));
        Assert.Equal((kind, line), (error.Kind, error.Line));
        Assert.True(error.Column > 0);
    }

    [Fact]
    public void Render_GenerationBlocks_GiveSpansInCodePoints()
    {
        var rendered = ChatTemplate.Parse("🍎{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}|{% endfor %}").Render(Request("[{\"role\":\"a\",\"content\":\"é🍎\"},{\"role\":\"a\",\"content\":\"x\"}]"));
        Assert.Equal("🍎é🍎|x|", rendered.Text);
        Assert.Equal([new(1, 3), new(4, 5)], rendered.GenerationSpans);
    }

    [Fact]
    public void Mask_SpanWhoseEndHasNoToken_ReachesTheEnd() =>
        Assert.Equal([0, 1, 1, 1], AssistantMask.Of([(0, 2), (2, 4), (4, 5), (5, 6)], [new(3, 9)]));

    [Fact]
    public void Render_ContinueFinalMessage_EndsWithTheMessage()
    {
        var request = Request("[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"The sea \"}]") with { ContinueFinalMessage = true };
        Assert.Equal("q;The sea ", ChatTemplate.Parse("{% for m in messages %}{{ m.content }};{% endfor %}").Render(request).Text);
        Assert.Equal("q;The sea", ChatTemplate.Parse("{% for m in messages %}{{ m.content | trim }};{% endfor %}").Render(request).Text);
    }

    [Fact]
    public void Render_ManyThreads_ShareOneTemplate()
    {
        var template = ChatTemplate.Parse("{% filter upper %}{{ x }}{% endfilter %}{% set y | trim %} {{ x }} {% endset %}{{ y }}");
        Parallel.For(0, 500, i => Assert.Equal($"V{i}v{i}", template.RenderVariables(JsonSerializer.SerializeToElement(new { x = $"v{i}" })).Text));
    }

    private static ChatRequest Request(string messages) => new() { Messages = JsonDocument.Parse(messages).RootElement };

    private static string Render(string template) => ChatTemplate.Parse(template).RenderVariables(JsonDocument.Parse("{}").RootElement).Text;
}
