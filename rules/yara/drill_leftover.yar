/*
 * What an exercise left behind on a machine. Not an incident: tell who held the exercise. Written for atttcli; Apache-2.0.
 */

rule drill_leftover
{
    meta:
        description = "Left behind by an exercise: inert, not an incident"
        description_vi = "Vật dụng diễn tập còn sót lại: vô hại, không phải sự cố"
        severity = "low"
        category = "khac"
        author = "atttcli"
        date = "2026-11-23"
        attack = "T0000"
        scope = "file"
    strings:
        $marker = /ATTTCLI-DRILL-INERT\{[A-Z0-9a-z.-]{1,40}:[A-Za-z0-9]{1,8}:[a-z-]{1,20}\}/
    condition:
        $marker
}
