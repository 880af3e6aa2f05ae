using System.Text.Json.Nodes;
using Alignment.Suite.Commands.Training;

namespace Alignment.Suite.Tests.Commands.Training;

public sealed class ForgettingSectionTests
{
    [Fact]
    public void Of_ATable_ShowsEveryNumberAndWhichWayItWent()
    {
        var html = ForgettingSection.Of(JsonNode.Parse("""
            {"acc": 0.5, "bwt": -0.02, "fm": 0.02, "perplexity_before": 20.5, "perplexity_after": 24.6, "perplexity_ratio": 1.2,
             "tasks": [{"task": "neutral <en>", "before": 0.4, "after": 0.38, "perplexity_before": 20.5, "perplexity_after": 24.6}, {"task": "task", "before": 0.3, "after": 0.62, "perplexity_before": null, "perplexity_after": null}]}
            """));
        Assert.Contains("neutral &lt;en&gt;", html, StringComparison.Ordinal);
        Assert.Contains("<span class=\"worse\">−0.020</span>", html, StringComparison.Ordinal);
        Assert.Contains("<span class=\"worse\">+0.020</span>", html, StringComparison.Ordinal);
        Assert.Contains("<span class=\"better\">+0.320</span>", html, StringComparison.Ordinal);
        Assert.Contains("20.50 → 24.60", html, StringComparison.Ordinal);
        Assert.Contains("width:62%", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_TheTaskAlone_LeavesGeneralTextOut()
    {
        var html = ForgettingSection.Of(JsonNode.Parse("""{"acc": 0.5, "tasks": [{"task": "task", "before": 0.3, "after": 0.5, "perplexity_before": null, "perplexity_after": null}]}"""));
        Assert.DoesNotContain("BWT", html, StringComparison.Ordinal);
        Assert.Equal("", ForgettingSection.Of(null));
    }
}
