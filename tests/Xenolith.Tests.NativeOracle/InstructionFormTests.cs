using System.Globalization;
using System.Text;
using Iced.Intel;
using Xenolith.Tests.NativeOracle.Forms;
using Xenolith.Tests.NativeOracle.Machine;
using Xenolith.Translator.Decode;

namespace Xenolith.Tests.NativeOracle;

/// <summary>
/// Every supported instruction form on the real CPU and through the translator: registers, flags, vectors, MXCSR, x87, memory and faults must agree. The
/// seed of a failing form is in the message; ORACLE_SEED and ORACLE_ROUNDS choose others, ORACLE_CODE one code;
/// ORACLE_TRACE names a file that always holds the form being run.
/// </summary>
public sealed class InstructionFormTests
{
    private const int DefaultSeed = 20260101, DefaultRounds = 16, MostReported = 40;

    public static TheoryData<string> Groups => [.. CodeList.Comparable().Select(Group).Distinct().Order()];

    [Theory]
    [MemberData(nameof(Groups))]
    public void FormsRunAsOnTheRealCpu(string group)
    {
        var seed = Setting("ORACLE_SEED", DefaultSeed);
        var rounds = Setting("ORACLE_ROUNDS", DefaultRounds);
        var only = Environment.GetEnvironmentVariable("ORACLE_CODE");
        using var guest = new GuestMachine();
        var failures = new StringBuilder();
        var failed = 0;
        var forms = 0;
        foreach (var code in CodeList.Comparable().Where(c => Group(c) == group && (only == null || only == c.ToString())))
        {
            for (var round = 0; round < rounds; round++)
            {
                var formSeed = HashCode(seed, (int)code, round);
                var form = FormMaker.Make(code, new Random(formSeed), memory: (round & 1) == 0);
                if (form == null)
                {
                    continue;
                }

                forms++;
                if (Environment.GetEnvironmentVariable("ORACLE_TRACE") is { } trace)
                {
                    File.WriteAllText(trace, form.ToString());
                }

                if (Comparison.Run(form, guest) is { } difference)
                {
                    failed++;
                    if (failed <= MostReported)
                    {
                        failures.Append(CultureInfo.InvariantCulture, $"\nround {round}: {form}:{difference}");
                    }

                    break;
                }
            }
        }

        Assert.True(failed == 0, $"seed {seed}: {failed} codes differ (native / translated), {forms} forms run:{failures}");
        Assert.True(forms > 0 || only != null, "no form could be made");
    }

    private static string Group(Code code) => code.CpuidFeatures()[0].ToString();

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    // Stable from run to run, unlike System.HashCode.
    private static int HashCode(int seed, int code, int round) => unchecked((((seed * 31) + code) * 1009) + round);
}
