using System.Text.Json;
using Alignment.ModelCore.Architectures;

namespace Alignment.ModelCore.Generation;

/// <summary>Reads generation_config.json.</summary>
internal static class GenerationConfigReader
{
    public static GenerationOptions Read(JsonElement json, GenerationOptions o)
    {
        foreach (var p in json.EnumerateObject().Where(p => p.Value.ValueKind != JsonValueKind.Null))
        {
            try
            {
                o = Apply(o, p.Name, p.Value);
            }
            catch (Exception e) when (e is InvalidOperationException or FormatException)
            {
                throw new ArchitectureException($"generation settings: {p.Name} has the wrong kind of value {p.Value.GetRawText()}.", e);
            }
        }

        return o.Sample && !Given(json, "top_k") ? o with { TopK = 50 } : o;
    }

    private static bool Given(JsonElement json, string key) => json.TryGetProperty(key, out var v) && v.ValueKind != JsonValueKind.Null;

    private static GenerationOptions Apply(GenerationOptions o, string key, JsonElement v) => key switch
    {
        "max_new_tokens" => o with { MaxNewTokens = v.GetInt32() },
        "max_length" => o with { MaxLength = v.GetInt32() },
        "do_sample" => o with { Sample = v.GetBoolean() },
        "temperature" => o with { Temperature = v.GetDouble() },
        "top_k" => o with { TopK = v.GetInt32() },
        "top_p" => o with { TopP = v.GetDouble() },
        "min_p" => o with { MinP = v.GetDouble() },
        "typical_p" => o with { TypicalP = v.GetDouble() },
        "epsilon_cutoff" => o with { EpsilonCutoff = v.GetDouble() },
        "eta_cutoff" => o with { EtaCutoff = v.GetDouble() },
        "repetition_penalty" => o with { RepetitionPenalty = v.GetDouble() },
        "no_repeat_ngram_size" => o with { NoRepeatNGramSize = v.GetInt32() },
        "sequence_bias" => o with { SequenceBias = [.. v.EnumerateArray().Select(b => (Ids(b[0]), b[1].GetDouble()))] },
        "bad_words_ids" => o with { BadWords = [.. v.EnumerateArray().Select(Ids)] },
        "min_length" => o with { MinLength = v.GetInt32() },
        "min_new_tokens" => o with { MinNewTokens = v.GetInt32() },
        "forced_bos_token_id" => o with { ForcedBosTokenId = v.GetInt32() },
        "forced_eos_token_id" => o with { ForcedEosTokenIds = Ids(v) },
        "remove_invalid_values" => o with { RemoveInvalidValues = v.GetBoolean() },
        "exponential_decay_length_penalty" => o with { ExponentialDecay = (v[0].GetInt32(), v[1].GetDouble()) },
        "suppress_tokens" => o with { SuppressTokens = Ids(v) },
        "begin_suppress_tokens" => o with { BeginSuppressTokens = Ids(v) },
        "renormalize_logits" => o with { Renormalize = v.GetBoolean() },
        "num_return_sequences" => o with { Sequences = v.GetInt32() },
        "num_beams" => o with { Beams = v.GetInt32() },
        "length_penalty" => o with { LengthPenalty = v.GetDouble() },
        "early_stopping" => o with { EarlyStopping = v.ValueKind switch { JsonValueKind.True => EarlyStopping.WhenFull, JsonValueKind.False => EarlyStopping.Heuristic, _ => EarlyStopping.Never } },
        "eos_token_id" => o with { EosTokenIds = Ids(v) },
        "pad_token_id" => o with { PadTokenId = v.GetInt32() },
        "stop_strings" => o with { StopStrings = v.ValueKind == JsonValueKind.String ? [v.GetString()!] : [.. v.EnumerateArray().Select(s => s.GetString()!)] },
        "num_beam_groups" or "penalty_alpha" or "guidance_scale" or "diversity_penalty" or "encoder_repetition_penalty" or "encoder_no_repeat_ngram_size" or "watermarking_config" or "constraints" or "force_words_ids"
            when !IsNeutral(v) => throw new ArchitectureException($"generation settings: {key} is not supported."),
        _ => o,
    };

    /// <summary>Values that the library itself treats as off.</summary>
    private static bool IsNeutral(JsonElement v) => v.ValueKind == JsonValueKind.Number && v.GetDouble() is 0 or 1;

    private static IReadOnlyList<int> Ids(JsonElement v) => v.ValueKind == JsonValueKind.Array ? [.. v.EnumerateArray().Select(i => i.GetInt32())] : [v.GetInt32()];
}
