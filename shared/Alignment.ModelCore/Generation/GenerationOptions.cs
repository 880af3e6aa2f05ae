using System.Text.Json;

namespace Alignment.ModelCore.Generation;

/// <summary>What to generate and how; the meaning of each setting is that of transformers' GenerationConfig.</summary>
public sealed record GenerationOptions
{
    /// <summary>Most tokens generated per sequence.</summary>
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>Longest row, (padded) prompt included; null: only <see cref="MaxNewTokens"/> counts.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Draw at random; otherwise the best token is taken.</summary>
    public bool Sample { get; init; }

    /// <summary>&gt; 0; 1 changes nothing.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>0: off.</summary>
    public int TopK { get; init; }

    /// <summary>(0, 1]; 1: off.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>[0, 1]; 0: off.</summary>
    public double MinP { get; init; }

    public double TypicalP { get; init; } = 1;

    public double EpsilonCutoff { get; init; }

    public double EtaCutoff { get; init; }

    public double RepetitionPenalty { get; init; } = 1;

    public int NoRepeatNGramSize { get; init; }

    public IReadOnlyList<(IReadOnlyList<int> Ids, double Bias)> SequenceBias { get; init; } = [];

    public IReadOnlyList<IReadOnlyList<int>> BadWords { get; init; } = [];

    public int MinLength { get; init; }

    public int MinNewTokens { get; init; }

    public int? ForcedBosTokenId { get; init; }

    public IReadOnlyList<int> ForcedEosTokenIds { get; init; } = [];

    public bool RemoveInvalidValues { get; init; }

    public (int Start, double Factor)? ExponentialDecay { get; init; }

    public IReadOnlyList<int> SuppressTokens { get; init; } = [];

    public IReadOnlyList<int> BeginSuppressTokens { get; init; } = [];

    public bool Renormalize { get; init; }

    /// <summary>Sequences per prompt.</summary>
    public int Sequences { get; init; } = 1;

    /// <summary>1: no beam search.</summary>
    public int Beams { get; init; } = 1;

    public double LengthPenalty { get; init; } = 1;

    public EarlyStopping EarlyStopping { get; init; }

    /// <summary>Any of them ends a sequence and is its last token.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Generation stops when one occurs in the text and reaches into the last token.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Each prompt draws from its own stream, derived from this seed, the prompt and how often it occurred before.</summary>
    public ulong Seed { get; init; }

    /// <summary>One seed for each prompt of the call instead of <see cref="Seed"/>: then nothing about a prompt's stream depends on what else is in the call.</summary>
    public IReadOnlyList<ulong>? PromptSeeds { get; init; }

    /// <summary>Prompts are padded to this width in what lengths count, as transformers counts; null: lengths count real tokens only.</summary>
    public int? PaddedWidth { get; init; }

    /// <summary>Fills histories up to <see cref="PaddedWidth"/>.</summary>
    public int PadTokenId { get; init; }

    /// <summary>Also record log-probabilities after the processors.</summary>
    public bool ProcessedLogProbs { get; init; }

    /// <summary>Ids to take instead of choosing, one list per sequence (row = prompt·Sequences + index): the log-probabilities of a recorded sample.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? Replay { get; init; }

    /// <summary>
    /// Settings in transformers' names, from a generation_config.json or a part of one. With <c>do_sample</c> the library's default
    /// <c>top_k</c> of 50 applies unless it is given; <c>transformers_version</c> and other keys without effect are skipped.
    /// </summary>
    public static GenerationOptions FromJson(JsonElement json, GenerationOptions? defaults = null) => GenerationConfigReader.Read(json, defaults ?? new());
}
