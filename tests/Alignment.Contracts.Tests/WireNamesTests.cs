using System.Text.Json;
using Alignment.Contracts.Cycles;

namespace Alignment.Contracts.Tests;

/// <summary>Names on the wire are promises to processes of other versions: a change here is a breaking change.</summary>
public sealed class WireNamesTests
{
    private static readonly string[] Promised =
    [
        "align.checkpoint-promoted", "align.checkpoint-registered", "align.checkpoint-rolled-back", "align.cycle-changed", "align.dataset-frozen",
        "align.evaluation-completed", "align.feedback-recorded", "align.gate-decided", "align.job-available", "align.job-cancel-requested",
        "align.job-canceled", "align.job-completed", "align.job-failed", "align.job-started", "align.reward-model-registered",
    ];

    [Fact]
    public void Exchanges_AllContracts_AreThePromisedOnes() =>
        Assert.Equal(Promised, ContractNames.All.Select(type => ContractNames.Of(type).Exchange).Order(StringComparer.Ordinal));

    [Fact]
    public void Urns_AllContracts_LeadBackToTheirType() =>
        Assert.All(ContractNames.All, type => Assert.Equal(type, ContractNames.TypeOf(ContractNames.Of(type).Urn)));

    [Fact]
    public void Types_AllContracts_AreSealedRecordsInANamespaceUnder2KB() => Assert.All(ContractNames.All, type =>
    {
        Assert.Equal("Alignment.Contracts.Messages", type.Namespace);
        Assert.True(type.IsSealed);
        var arguments = type.GetConstructors().Single(constructor => constructor.GetParameters().Length > 0).GetParameters()
            .Select(parameter => parameter.ParameterType == typeof(string) ? new string('x', 71) : Activator.CreateInstance(parameter.ParameterType)).ToArray();
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(Activator.CreateInstance(type, arguments), type).Length, 1, 2048);
    });

    [Fact]
    public void Assembly_References_AreOnlyTheFramework() =>
        Assert.All(typeof(ContractNames).Assembly.GetReferencedAssemblies(), name => Assert.StartsWith("System.", name.Name));

    [Fact]
    public void CycleStages_Path_EndsInTheOnlyFinalStageOnIt() =>
        Assert.Equal([CycleStages.Completed], CycleStages.Path.Where(CycleStages.IsFinal));
}
