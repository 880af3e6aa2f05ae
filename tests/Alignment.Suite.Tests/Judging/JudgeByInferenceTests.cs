using System.Text.Json.Nodes;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Methods;
using Alignment.PolicyOptimization.Rewards;
using Alignment.Suite.Commands;

namespace Alignment.Suite.Tests.Judging;

/// <summary>
/// The judge before the suite's own <c>/v1/chat/completions</c>, over HTTP: the help desk's base model, which cannot judge, and the same model after it
/// learned to say A to everything, which follows the place.
/// </summary>
public sealed class JudgeByInferenceTests(JudgeService service) : IClassFixture<JudgeService>
{
    [Fact]
    public void Score_ModelThatCannotJudge_IsNamedWithItsReply() => Assert.Contains("name neither A nor B nor T, such as", Fault(service.Untrained).Message, StringComparison.Ordinal);

    [Fact]
    public void Score_ModelThatFollowsThePlace_StopsOrCountsTies()
    {
        Assert.Contains("judged 0 % of 1 pairs alike in both orders", Fault(service.SaysA).Message.Replace("0%", "0 %", StringComparison.Ordinal), StringComparison.Ordinal);
        using var tolerant = RewardSources.Open(service.Address, new() { JudgeModel = service.SaysA, JudgeConsistency = 0 }, "");
        Assert.Equal([0.5, 0.5], tolerant.Score(Items(), CancellationToken.None));
    }

    [Fact]
    public void Score_CanariesAnsweredByPlace_AreWrong()
    {
        var canaries = Path.Combine(service.Folder, "canaries.jsonl");
        File.WriteAllText(canaries, """{"prompt": "2 + 2?", "better": "4", "worse": "5"}""" + "\n");
        using var judge = RewardSources.Open(service.Address, new() { JudgeModel = service.SaysA, JudgeConsistency = 0, JudgeCanaries = canaries }, "");
        Assert.Contains("of 1 canaries rightly in both orders", Assert.Throws<RewardException>(() => judge.Score(Items(), CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_NoSuchModelOrNoRoom_SaysWhatTheServiceSays()
    {
        Assert.Contains("status 404", Fault("sha256:" + new string('0', 64)).Message, StringComparison.Ordinal);
        Assert.Contains("context_length_exceeded", Fault(service.Untrained, string.Concat(Enumerable.Repeat("word ", 2000))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_OnlineDpo_LearnsFromTheService()
    {
        var metrics = new MemoryMetrics();
        var result = PolicyMethods.Find("online-dpo")!.Prepare(new JsonObject
        {
            ["model"] = Path.Combine(service.Folder, "start"), ["data"] = Path.Combine(Repository.Root, "samples", "helpdesk", "prompts.jsonl"), ["max_steps"] = 1, ["batch_size"] = 2, ["max_new_tokens"] = 6, ["threads"] = 1,
            ["reward"] = new JsonObject { ["sources"] = service.Address, ["judge_model"] = service.SaysA, ["judge_consistency"] = 0 },
        }).Train(TrainingFolders.In(Path.Combine(service.Folder, "run")), metrics, CancellationToken.None);
        Assert.Equal(1, result.Steps);
        Assert.Equal(1, metrics.Steps[0].Values["frac_score_ties"]);
        Assert.True(metrics.Steps[0].Values["seconds/score"] > 0);
    }

    private RewardException Fault(string model, string response = "Open Wallet.")
    {
        using var judge = RewardSources.Open(service.Address, new() { JudgeModel = model }, "");
        return Assert.Throws<RewardException>(() => judge.Score(Items(response), CancellationToken.None));
    }

    private static RewardItem[] Items(string response = "Open Wallet.") => [.. new[] { response, "No idea." }.Select(r => new RewardItem(SftRow.Chat(("user", "How do I pay?")), r, [1], [2], true, []))];
}
