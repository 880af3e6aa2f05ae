namespace Alignment.ModelCore.Checkpointing.Conversions;

/// <summary>How one matrix holds the rows of q, k and v.</summary>
public enum FusedLayout
{
    /// <summary>All q, then all k, then all v (Phi-3 qkv_proj).</summary>
    Concat,

    /// <summary>For each head its q, k and v rows (GPT-NeoX query_key_value).</summary>
    PerHead,

    /// <summary>For each key/value head the q rows of its group, then its k, then its v rows (Falcon, InternLM2).</summary>
    Grouped,
}
