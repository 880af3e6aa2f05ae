using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.PolicyOptimization.Methods;
using Alignment.Suite.Commands.Bench;
using Alignment.Suite.Commands.Bench.Methods;
using Alignment.Suite.Commands.Training;

namespace Alignment.Suite.Tests.Commands.Bench;

public sealed class MethodsBenchmarkTests
{
    // Wins of 1, 1, 0, ½ and 1, ½, ½, ½: means 0.625 and 0.625.
    [Fact]
    public void WinRate_OfTwoSeeds_IsTheMeanWithTiesAsHalf()
    {
        var rate = SeededWinRate.Of([[[2], [2], [0], [1]], [[2], [1], [1], [1]]], [[[1], [1], [1], [1]], [[1], [1], [1], [1]]], ["a", "b", "c", "d"]);
        Assert.Equal(0.625, rate.Value);
        Assert.True(rate.Low < 0.625 && rate.High > 0.625);
    }

    // 3 beats 1 and 2, 1 ties with 1 and loses to 2: 2½ of 4.
    [Fact]
    public void WinRate_OfSeveralAnswers_LetsEachMeetEach() =>
        Assert.Equal(new Estimate(0.625, 0.625, 0.625), SeededWinRate.Of([[[3, 1]]], [[[1, 2]]], ["a"]));

    [Fact]
    public void WinRate_OfIdenticalAnswers_IsExactlyHalf() =>
        Assert.Equal(new Estimate(0.5, 0.5, 0.5), SeededWinRate.Of([[[1, 2], [3, 4]]], [[[1, 2], [3, 4]]], ["a", "b"]));

    [Fact]
    public void WinRate_AlwaysBetter_IsOne() => Assert.Equal(new Estimate(1, 1, 1), SeededWinRate.Of([[[1], [2]]], [[[0], [0]]], ["a", "b"]));

    // One case of two wordings, won and lost: whatever is drawn, it is one half.
    [Fact]
    public void WinRate_WordingsOfOneCase_AreDrawnTogether() =>
        Assert.Equal(new Estimate(0.5, 0.5, 0.5), SeededWinRate.Of([[[2], [0]]], [[[1], [1]]], ["a", "a"]));

    // Of three pairs gold tells two apart; proxy orders one of them alike.
    [Fact]
    public void ProxyAgreement_LeavesOutWhatGoldCallsEqual() =>
        Assert.Equal(0.5, ProxyAgreement.Of([new([[1, 1, 0]], [[5, 2, 3]], 0, ["a"])]));

    [Fact]
    public void Settings_EveryPolicyMethod_HasAFileThatIsAccepted()
    {
        var settings = MethodSettings.All();
        Assert.Equal([], PolicyMethods.All.Select(m => m.Name).Except(["reinforce-pp"]).Except(settings.Select(s => s.Method)));
        var folder = Directory.CreateTempSubdirectory("bench");
        foreach (var s in settings)
        {
            var job = s.Write(new BenchPaths(folder.FullName), Path.Combine(folder.FullName, s.Name));
            PolicyMethods.Find(s.Method)!.Prepare(JobFile.Read(job, []));
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public void Settings_OfOverOptimisation_AreAcceptedWithTheGuardOffAndOn()
    {
        var folder = Directory.CreateTempSubdirectory("bench");
        var job = new MethodSettings("x", "rloo", File.ReadAllText(Path.Combine(BenchPaths.Sample, "over-optimisation.yaml"))).Write(new BenchPaths(folder.FullName), folder.FullName);
        PolicyMethods.Find("rloo")!.Prepare(JobFile.Read(job, ["guards.proxy_gold_gap=off"]));
        PolicyMethods.Find("rloo")!.Prepare(JobFile.Read(job, ["guards.proxy_gold_gap=roll_back", "guards.gold_tolerance=0.01"]));
        Assert.Throws<OptionsException>(() => PolicyMethods.Find("rloo")!.Prepare(JobFile.Read(job, ["guards.proxy_gold_gap=panic"])));
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Json_OfARow_HasTheNamesThatReadersExpect()
    {
        var file = Path.GetTempFileName();
        BenchTable.WriteJson(file, new[] { new MethodRow("dpo", new(0.6, 0.55, 0.65), 1.2, 0.7, 0.2, 9, 1 << 20) }.Select(MethodsBenchmark.Json));
        var row = JsonNode.Parse(File.ReadAllText(file))![0]!.AsObject();
        Assert.Equal(["method", "win_rate", "kl", "gold", "proxy", "seconds", "peak_rss_bytes"], row.Select(p => p.Key));
        Assert.Equal(["estimate", "low", "high"], row["win_rate"]!.AsObject().Select(p => p.Key));
        File.Delete(file);
    }
}
