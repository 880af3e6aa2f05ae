using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>Several answers to one prompt with their ranks: smaller is better, equal ranks are ties.</summary>
public sealed record RankedRow(JsonArray Prompt, IReadOnlyList<JsonArray> Answers, IReadOnlyList<double> Ranks, bool Plain = false) : DataRow;

/// <summary>The same as ids.</summary>
public sealed record TokenRanking(PromptAnswers Group, IReadOnlyList<double> Ranks);
