using System.Text.Json;
using Alignment.Statistics;
using Alignment.Statistics.Preferences;
using Alignment.Suite.Demo.Reporting;

namespace Alignment.Suite.Tests.Demo;

public sealed class DemoReportTests : IDisposable
{
    // ALIGNMENT_REPORT_FOLDER keeps the files for a look at them.
    private readonly string folder = Environment.GetEnvironmentVariable("ALIGNMENT_REPORT_FOLDER") ?? Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    [Fact]
    public void Write_JsonHoldsWhatProgramsRead()
    {
        DemoReport.Write(Outcome(), folder);

        var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "report.json"))).RootElement;
        Assert.Equal("pass", json.GetProperty("gate").GetProperty("decision").GetString());
        Assert.InRange(json.GetProperty("gate").GetProperty("p_value").GetDouble(), 0, 0.05);
        Assert.Equal(60, json.GetProperty("win_rate").GetProperty("n").GetInt32());
        Assert.True(json.GetProperty("win_rate").GetProperty("low").GetDouble() < json.GetProperty("win_rate").GetProperty("estimate").GetDouble());
        Assert.Equal(0.81, json.GetProperty("reward_model").GetProperty("accuracy").GetDouble());
        Assert.Equal(0.86, json.GetProperty("reward_model").GetProperty("ceiling").GetDouble());
        Assert.Equal(0.52, json.GetProperty("agreement").GetProperty("krippendorff_alpha").GetDouble());
        Assert.Equal(4.2, json.GetProperty("perplexity").GetProperty("before").GetDouble());
        Assert.Equal("helpdesk", json.GetProperty("checkpoint").GetProperty("alias").GetString());
        Assert.Equal("TrainingSft", json.GetProperty("stages")[0].GetProperty("name").GetString());
        Assert.Equal(201.5, json.GetProperty("seconds").GetDouble());
        Assert.Equal(1_400_000_000, json.GetProperty("peak_rss_bytes").GetInt64());
    }

    [Fact]
    public void Write_HtmlIsOneFileThatEscapesAnswers()
    {
        DemoReport.Write(Outcome(), folder);

        var html = File.ReadAllText(Path.Combine(folder, "report.html"));
        Assert.DoesNotContain("<b>hi</b>", html);
        Assert.Contains("&lt;b&gt;hi&lt;/b&gt;", html);
        Assert.DoesNotContain("http://", html);
        Assert.DoesNotContain("https://", html);
        Assert.Empty(Directory.GetFiles(folder, "*.partial"));
    }

    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable("ALIGNMENT_REPORT_FOLDER") is null && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static DemoOutcome Outcome()
    {
        var random = new SplitMix64(5);
        string[] ids = ["polite", "correct", "concise", "no_personal_data", "no_invented_policy"];
        ScoredAnswer Answer(string text, double chance)
        {
            var marks = ids.ToDictionary(i => i, _ => random.NextDouble() < chance ? 1.0 : 0);
            return new(text, marks.Values.Average(), marks);
        }

        ScoredConversation[] talks = [.. Enumerable.Range(0, 60).Select(i => i % 2 == 0
            ? new ScoredConversation("pt", "Como faço para cancelar minha fatura?",
                Answer("É óbvio. Abra Pagamentos e escolha Cancelar. Leia a página da próxima vez.", 0.6),
                Answer("Olá! Para cancelar sua fatura, abra Pagamentos e escolha Cancelar. Estamos à disposição.", 0.95))
            : new ScoredConversation("en", "Where can I renew my plan?", Answer("<b>hi</b> Open Profile and choose Renew.", 0.6),
                Answer("Hello! You can renew your plan under Profile: choose Renew. Happy to help.", 0.95)))];
        return new()
        {
            Seed = 1,
            Gate = PairedGate.Decide([.. talks.Select(t => t.Before.Score)], [.. talks.Select(t => t.After.Score)], 4.2, 4.4),
            RewardModel = new(0.81, 0.86, 240),
            Agreement = new(0.52, 0.78, 0.29, 5, 450, 4),
            Checkpoint = new("0198c0de", "sha256:0123", "helpdesk"),
            Stages = [new("TrainingSft", 51), new("GeneratingCandidates", 42.3), new("CollectingFeedback", 9), new("TrainingReward", 28), new("OptimisingPolicy", 47), new("Evaluating", 24.2)],
            Seconds = 201.5,
            PeakRssBytes = 1_400_000_000,
            Conversations = talks,
            Curves = [new("TrainingSft", "loss", [.. Enumerable.Range(0, 40).Select(i => ((double)i, (2.0 / (1 + (i * 0.2))) + (random.NextDouble() * 0.1)))]),
                new("OptimisingPolicy", "rewards/accuracies", [.. Enumerable.Range(0, 30).Select(i => ((double)i, 0.9 - (0.4 / (1 + (i * 0.3))) + (random.NextDouble() * 0.05)))])],
        };
    }
}
