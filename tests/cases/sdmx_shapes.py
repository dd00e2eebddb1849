"""One small SDMX message in four forms, written by us."""

from __future__ import annotations

import json

_MESSAGE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
_HEADER = """<message:Header><message:ID>T</message:ID><message:Test>false</message:Test>
<message:Prepared>2024-01-01T00:00:00</message:Prepared><message:Sender id="ZH"/>
<message:Structure structureID="S" {more}dimensionAtObservation="TIME_PERIOD">
<common:Structure><Ref agencyID="ZH" id="NA" version="1.0"/></common:Structure>
</message:Structure></message:Header>"""
SDMX_GENERIC = f"""<?xml version="1.0" encoding="UTF-8"?>
<message:GenericData xmlns:message="{_MESSAGE}"
 xmlns:generic="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic"
 xmlns:common="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common">
{_HEADER.format(more="")}
<message:DataSet structureRef="S"><generic:Series><generic:SeriesKey>
<generic:Value id="FREQ" value="A"/><generic:Value id="REF_AREA" value="CHN"/>
<generic:Value id="INDICATOR" value="GDP"/></generic:SeriesKey>
<generic:Attributes><generic:Value id="UNIT_MEASURE" value="USD"/>
<generic:Value id="UNIT_MULT" value="6"/></generic:Attributes>
<generic:Obs><generic:ObsDimension value="2020"/><generic:ObsValue value="1.5"/></generic:Obs>
<generic:Obs><generic:ObsDimension value="2021"/><generic:ObsValue value="2.25"/>
<generic:Attributes><generic:Value id="OBS_STATUS" value="E"/></generic:Attributes></generic:Obs>
</generic:Series></message:DataSet></message:GenericData>""".encode()
_URN = "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=ZH:NA(1.0)"
SDMX_SPECIFIC = f"""<?xml version="1.0" encoding="UTF-8"?>
<message:StructureSpecificData xmlns:message="{_MESSAGE}"
 xmlns:ss="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/structurespecific"
 xmlns:common="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:ns1="{_URN}:ObsLevelDim:TIME_PERIOD">
{_HEADER.format(more=f'namespace="{_URN}" ')}
<message:DataSet ss:dataScope="DataStructure" ss:structureRef="S" xsi:type="ns1:DataSetType">
<Series FREQ="A" REF_AREA="CHN" INDICATOR="GDP" UNIT_MEASURE="USD" UNIT_MULT="6">
<Obs TIME_PERIOD="2020" OBS_VALUE="1.5"/>
<Obs TIME_PERIOD="2021" OBS_VALUE="2.25" OBS_STATUS="E"/></Series>
</message:DataSet></message:StructureSpecificData>""".encode()
SDMX_JSON = json.dumps(
    {
        "header": {
            "id": "T",
            "test": False,
            "prepared": "2024-01-01T00:00:00",
            "sender": {"id": "ZH"},
        },
        "dataSets": [
            {
                "action": "Information",
                "series": {
                    "0:0:0": {
                        "attributes": [0, 0],
                        "observations": {"0": [1.5, None], "1": [2.25, 0]},
                    }
                },
            }
        ],
        "structure": {
            "dimensions": {
                "series": [
                    {
                        "id": "FREQ",
                        "name": "FREQ",
                        "keyPosition": 0,
                        "values": [{"id": "A", "name": "A"}],
                    },
                    {
                        "id": "REF_AREA",
                        "name": "REF_AREA",
                        "keyPosition": 1,
                        "values": [{"id": "CHN", "name": "C"}],
                    },
                    {
                        "id": "INDICATOR",
                        "name": "INDICATOR",
                        "keyPosition": 2,
                        "values": [{"id": "GDP", "name": "G"}],
                    },
                ],
                "observation": [
                    {
                        "id": "TIME_PERIOD",
                        "name": "TIME_PERIOD",
                        "values": [{"id": "2020", "name": "2020"}, {"id": "2021", "name": "2021"}],
                    }
                ],
            },
            "attributes": {
                "series": [
                    {
                        "id": "UNIT_MEASURE",
                        "name": "UNIT_MEASURE",
                        "values": [{"id": "USD", "name": "US dollar"}],
                    },
                    {
                        "id": "UNIT_MULT",
                        "name": "UNIT_MULT",
                        "values": [{"id": "6", "name": "Millions"}],
                    },
                ],
                "observation": [
                    {"id": "OBS_STATUS", "name": "OBS_STATUS", "values": [{"id": "E", "name": "E"}]}
                ],
            },
        },
    }
).encode()
SDMX_CSV = b"""DATAFLOW,FREQ,REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE,UNIT_MULT,\
OBS_STATUS
ZH:NA(1.0),A,CHN,GDP,2020,1.5,USD,6,A
ZH:NA(1.0),A,CHN,GDP,2021,2.25,USD,6,E
"""
